//! One record of the core as one line of JSON, in the shape the page's
//! listeners see.

use crate::json_text::{Strings, push_number, push_string, push_value};
use pagetap::event::{Layer, RawKind, Record, Value};
use pagetap::hook::{Field, HookName};
use pagetap::notice::NoticeCode;

/// Which layer a line belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineKind {
    /// Layer A.
    Raw,
    /// Layer B.
    Hook,
    /// What went wrong.
    Notice,
}

/// One record, printed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// Its layer.
    pub kind: LineKind,
    /// Its raw kind, hook name or notice code.
    pub name: &'static str,
    /// An object, on one line.
    pub json: String,
    /// Raw bytes that are no message: how many stand in one record follows the
    /// chunks.
    pub loose: bool,
}

/// Prints records in order: stream, time and context stand in records of their
/// own, before those they are about.
#[derive(Debug)]
pub struct Printer {
    strings: Strings,
    stream: u32,
    ts: f64,
    context: Context,
}

/// What hook events share. Empty text means not known.
#[derive(Debug, Default)]
struct Context {
    dialect: String,
    conversation: String,
    turn: String,
    message: String,
    agent: String,
    parent: String,
    replay: bool,
}

impl Printer {
    /// A printer that has seen no record.
    pub fn new(strings: Strings) -> Printer {
        Printer { strings, stream: 0, ts: 0.0, context: Context::default() }
    }

    /// The record's line; none for a record that only sets what the next ones
    /// share, or that means something inside the core's memory alone.
    pub fn line(&mut self, record: &Record<'_>) -> Option<Line> {
        let (kind, name, object) = match record.layer() {
            Layer::At => {
                self.at(record);
                return None;
            }
            Layer::Context => {
                self.context = Context::of(record);
                return None;
            }
            Layer::Chunk | Layer::Rendered => return None,
            Layer::Raw(kind) => (LineKind::Raw, kind.name(), self.raw(kind, record)),
            Layer::Hook(name) => (LineKind::Hook, name.name(), self.hook(name, record)),
            Layer::Notice(code) => (LineKind::Notice, code.name(), self.notice(code, record)),
        };
        let loose = matches!(record.layer(), Layer::Raw(RawKind::Frame | RawKind::Fragment))
            && record.get(Field::Data).is_none();
        Some(Line { kind, name, json: object.finish(), loose })
    }

    fn at(&mut self, record: &Record<'_>) {
        if let Some(Value::Int(stream)) = record.get(Field::StreamId) {
            self.stream = stream;
        }
        if let Some(Value::Number(ts)) = record.get(Field::Ts) {
            self.ts = ts;
        }
    }

    fn raw(&self, kind: RawKind, record: &Record<'_>) -> Object {
        let mut line = Object::default();
        line.string("layer", "raw");
        line.string("kind", kind.name());
        line.number("streamId", f64::from(self.stream));
        line.number("ts", self.ts);
        self.fields(&mut line, record.fields());
        line
    }

    fn hook(&self, name: HookName, record: &Record<'_>) -> Object {
        let mut line = Object::default();
        line.string("type", name.name());
        line.number("ts", self.ts);
        match self.context.conversation.as_str() {
            "" => line.key("conversationId").push_str("null"),
            known => line.string("conversationId", known),
        }
        line.string("dialect", &self.context.dialect);
        // Some events have a source of their own.
        line.string("source", record.text(Field::Source).unwrap_or("wire"));
        line.number("streamId", f64::from(self.stream));
        line.key("observed").push_str("true");
        let Context { turn, message, agent, parent, replay, .. } = &self.context;
        for (key, id) in [
            ("turnId", turn),
            ("messageId", message),
            ("agentId", agent),
            ("parentToolUseId", parent),
        ] {
            if !id.is_empty() {
                line.string(key, id);
            }
        }
        if *replay {
            line.key("replay").push_str("true");
        }
        self.fields(&mut line, record.fields().filter(|(field, _)| *field != Field::Source));
        line
    }

    fn notice(&self, code: NoticeCode, record: &Record<'_>) -> Object {
        let mut line = Object::default();
        line.string("type", "Notice");
        line.number("ts", self.ts);
        line.string("code", code.name());
        line.number("streamId", f64::from(self.stream));
        self.fields(&mut line, record.fields());
        line
    }

    fn fields<'b>(&self, line: &mut Object, fields: impl Iterator<Item = (Field, Value<'b>)>) {
        for (field, value) in fields {
            let out = line.key(field.name());
            match value {
                Value::Null => out.push_str("null"),
                Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
                Value::Int(value) => push_number(out, f64::from(value)),
                Value::Number(value) => push_number(out, value),
                Value::Text(utf8) => {
                    push_string(out, &String::from_utf8_lossy(utf8), self.strings);
                }
                Value::Json(raw) => push_value(out, raw, self.strings),
            }
        }
    }
}

impl Context {
    fn of(record: &Record<'_>) -> Context {
        let text = |field| record.text(field).unwrap_or_default().to_owned();
        Context {
            dialect: text(Field::Dialect),
            conversation: text(Field::ConversationId),
            turn: text(Field::TurnId),
            message: text(Field::MessageId),
            agent: text(Field::AgentId),
            parent: text(Field::ParentToolUseId),
            replay: record.get(Field::Replay) == Some(Value::Bool(true)),
        }
    }
}

/// The insides of a JSON object that is being written.
#[derive(Debug, Default)]
struct Object(String);

impl Object {
    /// Writes a key; the caller appends its value.
    fn key(&mut self, key: &str) -> &mut String {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        push_string(&mut self.0, key, Strings::Whole);
        self.0.push(':');
        &mut self.0
    }

    fn string(&mut self, key: &str, value: &str) {
        push_string(self.key(key), value, Strings::Whole);
    }

    fn number(&mut self, key: &str, value: f64) {
        push_number(self.key(key), value);
    }

    fn finish(self) -> String {
        format!("{{{}}}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagetap::event::Batch;

    fn printed(batch: &Batch) -> Vec<String> {
        let mut printer = Printer::new(Strings::Brief);
        let lines = batch.records().filter_map(|record| printer.line(&record));
        lines.map(|line| line.json).collect()
    }

    #[test]
    fn each_layer_has_its_shape_and_shares_stream_time_and_context() {
        let mut batch = Batch::default();
        batch.begin(Layer::At);
        batch.int(Field::StreamId, 1);
        batch.number(Field::Ts, 0.0);
        batch.begin(Layer::Raw(RawKind::Frame));
        batch.int(Field::Seq, 3);
        batch.number(Field::Offset, 4096.0);
        batch.begin(Layer::Context);
        batch.text_field(Field::Dialect, b"messages");
        batch.text_field(Field::ConversationId, b"");
        batch.text_field(Field::TurnId, b"");
        batch.begin(Layer::Hook(HookName::ToolUseEnd));
        batch.json(Field::ToolInput, b"{\"a\": 1.0}");
        batch.bool(Field::Blocking, false);
        batch.begin(Layer::Notice(NoticeCode::InvalidJson));
        batch.text_field(Field::Detail, "a\nb".as_bytes());
        assert_eq!(
            printed(&batch),
            [
                r#"{"layer":"raw","kind":"frame","streamId":1,"ts":0,"seq":3,"offset":4096}"#,
                r#"{"type":"ToolUseEnd","ts":0,"conversationId":null,"dialect":"messages","source":"wire","streamId":1,"observed":true,"toolInput":{"a":1.0},"blocking":false}"#,
                r#"{"type":"Notice","ts":0,"code":"invalid_json","streamId":1,"detail":"a\nb"}"#,
            ]
        );
    }

    #[test]
    fn a_context_replaces_the_one_before_and_a_source_of_its_own_the_wire() {
        let mut batch = Batch::default();
        batch.begin(Layer::Context);
        batch.text_field(Field::TurnId, b"one");
        batch.begin(Layer::Context);
        batch.text_field(Field::Dialect, b"messages");
        batch.text_field(Field::ConversationId, b"c");
        batch.text_field(Field::MessageId, b"two");
        batch.text_field(Field::AgentId, b"three");
        batch.text_field(Field::ParentToolUseId, b"four");
        batch.bool(Field::Replay, true);
        batch.begin(Layer::Hook(HookName::SessionStart));
        batch.text_field(Field::Source, b"startup");
        let expected = r#"{"type":"SessionStart","ts":0,"conversationId":"c","dialect":"messages","source":"startup","streamId":0,"observed":true,"messageId":"two","agentId":"three","parentToolUseId":"four","replay":true}"#;
        assert_eq!(printed(&batch), [expected]);
    }
}
