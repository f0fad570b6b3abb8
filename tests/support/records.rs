//! What a tap said, as values that tests can hold and compare.

use pagetap::event::{Batch, Layer, Value};
use pagetap::hook::{Field, HookName};
use pagetap::notice::NoticeCode;

/// A field's value that outlives its batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    Null,
    Bool(bool),
    Int(u32),
    Number(f64),
    Text(String),
    Json(String),
}

/// One hook event with everything that a subscriber is told about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: HookName,
    pub seq: u32,
    pub stream: u32,
    pub ts: f64,
    pub dialect: String,
    pub conversation: String,
    pub turn: String,
    pub message: String,
    /// All but the sequence number.
    pub fields: Vec<(Field, Held)>,
}

/// One notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub code: NoticeCode,
    pub stream: u32,
    pub detail: String,
    pub count: u32,
}

/// Hook events and notices of a tap, each in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub events: Vec<Event>,
    pub notices: Vec<Notice>,
}

impl Event {
    pub fn get(&self, wanted: Field) -> Option<&Held> {
        self.fields.iter().find(|(field, _)| *field == wanted).map(|(_, value)| value)
    }

    /// A text field; empty when there is none.
    pub fn text(&self, wanted: Field) -> &str {
        match self.get(wanted) {
            Some(Held::Text(text)) => text,
            _ => "",
        }
    }
}

impl Told {
    /// Reads a batch the way the records are meant to be read: `At` and
    /// `Context` hold for what follows.
    pub fn read(batch: &Batch) -> Told {
        let mut told = Told::default();
        let (mut stream, mut ts) = (0, 0.0);
        let mut context = <[String; 4]>::default();
        for record in batch.records() {
            let mut fields: Vec<(Field, Held)> =
                record.fields().map(|(field, value)| (field, held(value))).collect();
            match record.layer() {
                Layer::At => {
                    for (field, value) in fields {
                        match (field, value) {
                            (Field::StreamId, Held::Int(id)) => stream = id,
                            (Field::Ts, Held::Number(time)) => ts = time,
                            other => panic!("unexpected in At: {other:?}"),
                        }
                    }
                }
                Layer::Context => {
                    let text = |value| match value {
                        Held::Text(text) => text,
                        other => panic!("unexpected in Context: {other:?}"),
                    };
                    let values: Vec<String> =
                        fields.into_iter().map(|(_, value)| text(value)).collect();
                    context = values.try_into().expect("four fields of context");
                }
                Layer::Hook(name) => {
                    let (field, seq) = fields.remove(0);
                    let Held::Int(seq) = seq else { panic!("{field:?} is no number") };
                    let [dialect, conversation, turn, message] = context.clone();
                    told.events.push(Event {
                        name,
                        seq,
                        stream,
                        ts,
                        dialect,
                        conversation,
                        turn,
                        message,
                        fields,
                    });
                }
                Layer::Notice(code) => {
                    let detail = record.text(Field::Detail).expect("a detail").to_string();
                    let Some(Value::Int(count)) = record.get(Field::Count) else {
                        panic!("{code:?} counts nothing")
                    };
                    told.notices.push(Notice { code, stream, detail, count });
                }
                Layer::Chunk | Layer::Raw(_) | Layer::Rendered => {}
            }
        }
        told
    }

    /// How many events have that name.
    pub fn count(&self, name: HookName) -> usize {
        self.events.iter().filter(|event| event.name == name).count()
    }

    /// What the notices of that code add up to.
    pub fn counted(&self, code: NoticeCode) -> u32 {
        let notices = self.notices.iter().filter(|notice| notice.code == code);
        notices.map(|notice| notice.count).sum()
    }
}

fn held(value: Value<'_>) -> Held {
    let text = |utf8: &[u8]| String::from_utf8(utf8.to_vec()).expect("text is UTF-8");
    match value {
        Value::Null => Held::Null,
        Value::Bool(value) => Held::Bool(value),
        Value::Int(value) => Held::Int(value),
        Value::Number(value) => Held::Number(value),
        Value::Text(utf8) => Held::Text(text(utf8)),
        Value::Json(raw) => {
            let raw = text(raw);
            let valid = serde_json::from_str::<serde::de::IgnoredAny>(&raw).is_ok();
            assert!(valid, "a JSON field holds JSON: {raw:?}");
            Held::Json(raw)
        }
    }
}
