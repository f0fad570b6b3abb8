//! A recorded turn that is played again must not look like the same message
//! again: its ids are replaced by new ones of the same shape.

use super::pacing::Record;
use serde_json::Value;

/// Ids the page chose for this turn, as it says in its request.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) human: Option<String>,
    pub(super) assistant: Option<String>,
}

impl Chosen {
    /// Reads a request's body.
    pub(super) fn from_request(body: &Value) -> Chosen {
        let text = |pointer| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Chosen {
            human: text("/turn_message_uuids/human_message_uuid"),
            assistant: text("/turn_message_uuids/assistant_message_uuid"),
        }
    }
}

/// The records of the `nth` answer this server gives, with ids of their own.
pub(super) fn replaced(records: &[Record], nth: u32, chosen: &Chosen) -> Vec<Record> {
    let mut replacements: Vec<(String, String)> = Vec::new();
    for record in records {
        for (id, by_page) in ids(&record.text) {
            let new = match by_page {
                ByPage::Human => chosen.human.clone(),
                ByPage::Assistant => chosen.assistant.clone(),
                ByPage::No => None,
            };
            if !replacements.iter().any(|(known, _)| *known == id) {
                let new = new.unwrap_or_else(|| numbered(&id, nth));
                replacements.push((id, new));
            }
        }
    }
    let replace = |record: &Record| {
        let mut record = record.clone();
        for (id, new) in &replacements {
            record.text = record.text.replace(id, new);
        }
        record
    };
    records.iter().map(replace).collect()
}

enum ByPage {
    Human,
    Assistant,
    No,
}

/// The ids a record introduces.
fn ids(record: &str) -> Vec<(String, ByPage)> {
    let data = record.lines().find_map(|line| line.strip_prefix("data:"));
    let value: Value = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    let places = [
        ("/message/id", ByPage::No),
        ("/message/uuid", ByPage::Assistant),
        ("/message/parent_uuid", ByPage::Human),
        ("/message/request_id", ByPage::No),
        ("/content_block/id", ByPage::No),
    ];
    let found = places.into_iter().filter_map(|(pointer, by_page)| {
        let id = value.pointer(pointer)?.as_str()?;
        // Anything shorter is no id that is safe to replace in all the text.
        (id.len() >= 12).then(|| (id.to_owned(), by_page))
    });
    found.collect()
}

/// The id with its last characters replaced by a number; hexadecimal, so that a
/// uuid stays one.
fn numbered(id: &str, nth: u32) -> String {
    let number = format!("{nth:06x}");
    match id.len().checked_sub(number.len()).and_then(|keep| id.get(..keep)) {
        Some(start) => format!("{start}{number}"),
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let texts = [
            r#"data: {"type":"message_start","message":{"id":"chatcompl_0123456789","uuid":"0198c000-0000-7000-8000-000000000002","parent_uuid":"0198c000-0000-7000-8000-000000000001"}}"#,
            r#"data: {"type":"content_block_start","content_block":{"type":"tool_use","id":"toolu_0123456789ab"}}"#,
            r#"data: {"type":"content_block_start","content_block":{"type":"tool_result","tool_use_id":"toolu_0123456789ab"}}"#,
        ];
        let record = |text| Record { text: format!("{text}\n\n"), due: 1.0, awaits_person: false };
        texts.map(record).to_vec()
    }

    fn texts(records: &[Record]) -> String {
        records.iter().map(|record| record.text.as_str()).collect()
    }

    #[test]
    fn ids_are_new_each_time_and_still_agree_with_one_another() {
        let first = texts(&replaced(&records(), 1, &Chosen::default()));
        assert!(!first.contains("0123456789ab"));
        assert_eq!(first.matches("toolu_012345000001").count(), 2);
        assert_eq!(first.matches("chatcompl_0123000001").count(), 1);
        let second = texts(&replaced(&records(), 2, &Chosen::default()));
        assert_eq!(second.len(), first.len());
        assert_ne!(second, first);
    }

    #[test]
    fn ids_the_page_chose_are_kept_to() {
        let request = serde_json::json!({ "turn_message_uuids": {
            "human_message_uuid": "h-h-h", "assistant_message_uuid": "a-a-a",
        } });
        let text = texts(&replaced(&records(), 1, &Chosen::from_request(&request)));
        assert!(text.contains(r#""uuid":"a-a-a","parent_uuid":"h-h-h""#), "{text}");
    }
}
