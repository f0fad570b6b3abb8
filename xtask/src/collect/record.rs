//! One thing that was received.

use serde_json::{Map, Value, json};

/// What kind of thing.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Signal {
    Span,
    Log,
    Metric,
    Hook,
    Event,
}

impl Signal {
    pub(super) const ALL: [Signal; 5] =
        [Signal::Span, Signal::Log, Signal::Metric, Signal::Hook, Signal::Event];

    pub(super) fn name(self) -> &'static str {
        match self {
            Signal::Span => "span",
            Signal::Log => "log",
            Signal::Metric => "metric",
            Signal::Hook => "hook",
            Signal::Event => "event",
        }
    }
}

/// What a person wants to know of it in a line, and all of it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) signal: Signal,
    /// What a second copy has, too; a metric has none.
    pub(super) id: Option<String>,
    /// When it happened, Unix milliseconds.
    pub(super) ts: Option<f64>,
    pub(super) name: String,
    /// How long it took, milliseconds.
    pub(super) duration_ms: Option<f64>,
    /// Tokens in and out.
    pub(super) tokens: (Option<f64>, Option<f64>),
    /// Other words, short.
    pub(super) facts: Vec<String>,
    /// As it came; OTLP as OTLP's JSON has it.
    pub(super) body: Value,
    /// What it belongs to, as OTLP's JSON has it.
    pub(super) resource: Value,
}

impl Record {
    pub(super) fn new(signal: Signal, name: impl Into<String>, body: Value) -> Record {
        Record {
            signal,
            id: None,
            ts: None,
            name: name.into(),
            duration_ms: None,
            tokens: (None, None),
            facts: Vec::new(),
            body,
            resource: Value::Null,
        }
    }

    /// A line of the store.
    pub(super) fn stored(&self, received: u64) -> Map<String, Value> {
        let mut line = Map::new();
        line.insert("signal".to_owned(), self.signal.name().into());
        if let Some(id) = &self.id {
            line.insert("id".to_owned(), id.as_str().into());
        }
        line.insert("received".to_owned(), received.into());
        line.insert("name".to_owned(), self.name.as_str().into());
        if !self.resource.is_null() {
            line.insert("resource".to_owned(), self.resource.clone());
        }
        line.insert("body".to_owned(), self.body.clone());
        line
    }
}

/// What one request brought.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// Lines that are no JSON, and the like: told, and not kept.
    pub(super) unreadable: Vec<String>,
}

impl Batch {
    pub(super) fn one(record: Record) -> Batch {
        Batch { records: vec![record], unreadable: Vec::new() }
    }
}

/// A number, whether it is written as one or as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// The first of these members that is text.
pub(super) fn text<'a>(object: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| object.get(*name)?.as_str().filter(|text| !text.is_empty()))
}

/// What counts are told as.
pub(super) fn by_signal(counts: impl Fn(Signal) -> u64) -> Value {
    let rows = Signal::ALL.map(|signal| (signal.name().to_owned(), json!(counts(signal))));
    Value::Object(rows.into_iter().collect())
}
