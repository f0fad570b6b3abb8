//! The HTML standard's event-stream algorithm (9.2.5 and 9.2.6), written down a
//! second time as plainly as it can be: the whole body at once, as text, with no
//! regard to cost. The framing is compared with it.

/// What a stream means by the standard.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Meaning {
    pub messages: Vec<Message>,
    pub retry: Option<u32>,
    pub last_event_id: String,
    /// A block already named and with data goes on with an `event` line: where
    /// the first tolerance applies.
    pub names_twice: bool,
    /// The data of the block that the end cut, with its last line even when that
    /// is not terminated: where the second tolerance may apply.
    pub cut_data: Option<String>,
}

/// One dispatched message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Never empty: `message` by default.
    pub name: String,
    pub data: String,
    pub last_event_id: String,
}

/// Reads a whole body.
pub fn interpret(body: &[u8]) -> Meaning {
    let text = String::from_utf8_lossy(body);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    let unterminated = lines.pop().unwrap_or_default();

    let mut meaning = Meaning::default();
    let (mut name, mut data, mut id) = (String::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            meaning.last_event_id.clone_from(&id);
            let name = std::mem::take(&mut name);
            if let Some(data) = std::mem::take(&mut data).strip_suffix('\n') {
                meaning.messages.push(Message {
                    name: if name.is_empty() { "message".into() } else { name },
                    data: data.into(),
                    last_event_id: id.clone(),
                });
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => {
                meaning.names_twice |= !name.is_empty() && !data.is_empty() && line.contains(':');
                name = value.into();
            }
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => id = value.into(),
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                meaning.retry = Some(value.parse().unwrap_or(u32::MAX));
            }
            _ => {}
        }
    }
    // Beyond the standard: what the tolerances look at.
    let (field, value) = unterminated.split_once(':').unwrap_or((unterminated, ""));
    meaning.names_twice |=
        !name.is_empty() && !data.is_empty() && unterminated.starts_with("event:");
    if field == "data" {
        data.push_str(value.strip_prefix(' ').unwrap_or(value));
        data.push('\n');
    }
    meaning.cut_data = data.strip_suffix('\n').map(String::from);
    meaning
}
