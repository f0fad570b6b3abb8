//! A page as the tests of the observer have it: a list of messages, whose looks are
//! what the page's side would say of it; and a wire beside it.

#![allow(dead_code)]

use pagetap::Tap;
use pagetap::event::{Layer, Value};
use pagetap::hook::{Field, HookName};
use pagetap::limits::Limits;
use pagetap::notice::NoticeCode;
use pagetap::stream::Ending;
use serde_json::{Value as Json, json};

/// A sight waits this long for the wire (ms).
pub const WINDOW: f64 = 2_000.0;

/// A control that is away for less than this (ms) was drawn anew.
pub const FLICKER: f64 = 250.0;

/// One message on the page: the person's, or the assistant's with its cards.
#[derive(Clone, Debug)]
pub enum Message {
    User(&'static str),
    Assistant { text: String, cards: Vec<(&'static str, &'static str)> },
}

/// A page with one conversation in sight.
pub struct Page {
    pub root: u32,
    pub conversation: &'static str,
    pub messages: Vec<Message>,
    pub busy: bool,
    pub asks: Vec<&'static str>,
    pub by: &'static str,
    /// Grows with each drawing anew: what nodes are numbered from.
    pub drawn: u32,
    pub tap: Tap,
    pub now: f64,
    pub seen: Seen,
    pub stream: u32,
}

/// What came out: hook events as `Name`, with what they tell, and what was rendered.
#[derive(Debug, Default)]
pub struct Seen {
    pub wire: Vec<(u32, HookName)>,
    pub dom: Vec<String>,
    pub confidence: Vec<String>,
    pub places: Vec<(String, String)>,
    pub rendered: Vec<(HookName, f64)>,
    pub notices: Vec<NoticeCode>,
}

pub fn text(text: &str) -> Message {
    Message::Assistant { text: text.to_owned(), cards: Vec::new() }
}

impl Page {
    /// A page that was looked at while nothing happened.
    pub fn open(conversation: &'static str, messages: &[Message], window: f64) -> Page {
        let mut tap = Tap::new(Limits::default());
        tap.listen(false, true);
        tap.watch(Some(window));
        let mut page = Page {
            root: 1,
            conversation,
            messages: messages.to_vec(),
            busy: false,
            asks: Vec::new(),
            by: "control",
            drawn: 0,
            tap,
            now: 1_000.0,
            seen: Seen::default(),
            stream: 0,
        };
        page.look();
        page
    }

    pub fn snapshot(&self) -> Json {
        let last = self.messages.iter().rposition(|message| matches!(message, Message::User(_)));
        let tail = last.map_or(0, |at| at + 1);
        let prompt = last.map(|at| {
            let Message::User(text) = &self.messages[at] else { unreachable!() };
            let before = at.checked_sub(1).map(|above| match &self.messages[above] {
                Message::User(text) => (*text).to_owned(),
                Message::Assistant { text, .. } => text.clone(),
            });
            json!({"node": self.drawn * 1_000 + at as u32 * 10 + 9, "text": text, "before": before})
        });
        let reads = self.tap.reads_text(self.root);
        let (mut answers, mut tools) = (Vec::new(), Vec::new());
        for (at, message) in self.messages.iter().enumerate().skip(tail) {
            let Message::Assistant { text, cards } = message else { continue };
            let node = self.drawn * 1_000 + at as u32 * 10;
            let growing = self.busy && at + 1 == self.messages.len();
            let mut answer = json!({"node": node, "growing": growing});
            if reads {
                answer["text"] = json!(text);
            }
            answers.push(answer);
            for (index, (name, state)) in cards.iter().enumerate() {
                let node = node + 1 + index as u32;
                tools.push(json!({"node": node, "name": name, "state": state}));
            }
        }
        let asks: Vec<Json> = self
            .asks
            .iter()
            .enumerate()
            .map(|(at, text)| json!({"node": self.drawn * 1_000 + 900 + at as u32, "text": text}))
            .collect();
        json!({
            "dialect": "claudeai", "root": self.root, "conversation": self.conversation,
            "busy": self.busy, "by": self.by, "prompt": prompt,
            "answers": answers, "tools": tools, "asks": asks,
        })
    }

    /// One frame.
    pub fn look(&mut self) {
        self.now += 16.0;
        let snapshot = self.snapshot().to_string();
        self.tap.look(snapshot.as_bytes(), self.now);
        self.read();
    }

    /// The same of another region that shows the same conversation.
    pub fn look_in(&mut self, root: u32) {
        let own = std::mem::replace(&mut self.root, root);
        self.look();
        self.root = own;
    }

    /// The region leaves the page.
    pub fn lose(&mut self) {
        let gone = json!({"dialect": "claudeai", "root": self.root, "gone": true}).to_string();
        self.tap.look(gone.as_bytes(), self.now);
        self.read();
    }

    /// The last answer now says that.
    pub fn rewrite(&mut self, says: &str) {
        let Some(Message::Assistant { text, .. }) = self.messages.last_mut() else { panic!() };
        *text = says.to_owned();
        self.look();
    }

    /// Each of these was told once, by the wire, and rendered; nothing by the screen.
    pub fn assert_told_once(&self, names: &[HookName]) {
        assert_eq!(self.seen.dom, [""; 0]);
        for name in names {
            assert_eq!(self.counts(*name), [1, 0, 1], "{name:?}");
        }
    }

    /// Time passes, as its timer says.
    pub fn wait(&mut self, ms: f64) {
        let until = self.now + ms;
        loop {
            let due = self.tap.due();
            if due == 0.0 || due > until {
                break;
            }
            self.now = self.now.max(due);
            self.tap.look(b"", self.now);
            self.read();
        }
        self.now = until;
    }

    pub fn read(&mut self) {
        self.tap.read();
        let mut context = (String::new(), String::new());
        for record in self.tap.batch().records() {
            match record.layer() {
                Layer::Context => {
                    let text = |field| record.text(field).unwrap_or_default().to_owned();
                    context = (text(Field::ConversationId), text(Field::TurnId));
                }
                Layer::Hook(name) => {
                    let Some(Value::Int(seq)) = record.get(Field::Seq) else { panic!() };
                    if record.text(Field::Source) != Some("dom") {
                        self.seen.wire.push((seq, name));
                        continue;
                    }
                    let says = [
                        Field::Prompt,
                        Field::Text,
                        Field::ToolName,
                        Field::Message,
                        Field::LastAssistantMessage,
                    ];
                    let says = says.into_iter().find_map(|field| record.text(field));
                    let line = format!("{} {}", name.name(), says.unwrap_or_default());
                    self.seen.dom.push(line.trim_end().to_owned());
                    let confidence = record.text(Field::Confidence).unwrap();
                    self.seen.confidence.push(confidence.to_owned());
                    self.seen.places.push(context.clone());
                }
                Layer::Notice(code) => self.seen.notices.push(code),
                Layer::Rendered => {
                    let Some(Value::Int(seq)) = record.get(Field::Seq) else { panic!() };
                    let Some(Value::Number(at)) = record.get(Field::RenderedAt) else { panic!() };
                    let (_, name) = self.seen.wire.iter().find(|told| told.0 == seq).unwrap();
                    self.seen.rendered.push((*name, at));
                }
                _ => {}
            }
        }
        self.tap.clear();
    }

    /// The person sends; the page shows it and the control that stops.
    pub fn send(&mut self, prompt: &'static str) {
        self.messages.push(Message::User(prompt));
        self.busy = true;
        self.look();
    }

    pub fn answer(&mut self, says: &str) {
        self.messages.push(text(says));
        self.look();
    }

    pub fn card(&mut self, name: &'static str, state: &'static str) {
        let Some(Message::Assistant { cards, .. }) = self.messages.last_mut() else { panic!() };
        match cards.last_mut() {
            Some(card) if card.0 == name => card.1 = state,
            _ => cards.push((name, state)),
        }
        self.look();
    }

    pub fn rest(&mut self) {
        self.busy = false;
        self.look();
    }

    /// A whole turn with a tool.
    pub fn turn(&mut self, prompt: &'static str) {
        self.send(prompt);
        self.answer("I look.");
        self.card("search", "running");
        self.card("search", "done");
        self.rest();
        self.wait(FLICKER);
    }

    pub fn wire_opens(&mut self, prompt: &str) {
        let conversation = if self.conversation.is_empty() { "c" } else { self.conversation };
        let url = format!(
            "https://claude.ai/api/organizations/o/chat_conversations/{conversation}/completion"
        );
        self.stream = self.tap.open(&url, "POST", self.now).unwrap();
        let request = json!({"prompt": prompt, "parent_message_uuid": self.now.to_string()});
        self.tap.request(self.stream, Some(request.to_string().as_bytes()), self.now);
        self.read();
    }

    pub fn wire_says(&mut self, record: &Json) {
        let block = format!("event: {}\ndata: {record}\n\n", record["type"].as_str().unwrap());
        self.tap.feed(self.stream, block.as_bytes(), self.now);
        self.read();
    }

    pub fn wire_ends(&mut self, how: Ending) {
        self.tap.end(self.stream, how, "", self.now);
        self.read();
    }

    /// How often the wire and the screen told of it, and how often it was rendered.
    pub fn counts(&self, name: HookName) -> [usize; 3] {
        let dom = |line: &&String| line.split(' ').next() == Some(name.name());
        [
            self.seen.wire.iter().filter(|told| told.1 == name).count(),
            self.seen.dom.iter().filter(dom).count(),
            self.seen.rendered.iter().filter(|told| told.0 == name).count(),
        ]
    }
}

/// A turn as the wire tells it, step by step.
pub fn wire_turn() -> Vec<Json> {
    vec![
        json!({"type":"message_start","message":{"id":"chatcompl_1","uuid":"u","model":"m"}}),
        json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}),
        json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I look."}}),
        json!({"type":"content_block_stop","index":0}),
        json!({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"search","input":{}}}),
        json!({"type":"content_block_stop","index":1}),
        json!({"type":"content_block_start","index":2,"content_block":{"type":"tool_result","tool_use_id":"toolu_1","name":"search","content":[],"is_error":false}}),
        json!({"type":"content_block_stop","index":2}),
        json!({"type":"message_delta","delta":{"stop_reason":"end_turn"}}),
        json!({"type":"message_stop"}),
    ]
}

pub const SHOWN: [HookName; 6] = [
    HookName::UserPromptSubmit,
    HookName::MessageStart,
    HookName::ToolUseStart,
    HookName::PostToolUse,
    HookName::MessageEnd,
    HookName::Stop,
];
