//! Turns as the worker, the service and the page make them, in the order in which
//! they happen.

use serde_json::{Value, json};

/// What happens in a session.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The worker or the service says it, to whoever is connected. What is lasting is
    /// said again to whoever comes later.
    Said { row: Value, lasting: bool },
    /// The page sends it.
    Sent(Value),
}

use Happening::Sent;

/// How a turn goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A tool that the person allows.
    Allowed,
    /// A tool that the person refuses.
    Denied,
    /// The API fails in the middle of it.
    Failed,
    /// The person interrupts it.
    Interrupted,
    /// A subagent does the work.
    Delegated,
}

pub const KINDS: [Kind; 5] =
    [Kind::Allowed, Kind::Denied, Kind::Failed, Kind::Interrupted, Kind::Delegated];

fn said(row: Value) -> Happening {
    Happening::Said { row, lasting: true }
}

/// Turns of Claude Code.
pub fn claude_code(kinds: &[Kind]) -> Vec<Happening> {
    kinds.iter().enumerate().flat_map(|(at, kind)| Code { number: at + 1 }.turn(*kind)).collect()
}

/// One turn of Claude Code: its ids have its number in them.
struct Code {
    number: usize,
}

impl Code {
    fn id(&self, name: &str) -> String {
        format!("{name}-{}", self.number)
    }

    fn turn(&self, kind: Kind) -> Vec<Happening> {
        let prompt = json!({"type": "user", "uuid": self.id("prompt"), "parent_tool_use_id": null,
            "message": {"role": "user", "content": format!("Look {}", self.number)}});
        let mut out = vec![
            Sent(prompt.clone()),
            said(prompt),
            said(
                json!({"type": "system", "subtype": "init", "uuid": self.id("init"), "model": "m",
                "cwd": "/w", "permissionMode": "default"}),
            ),
        ];
        out.extend(match kind {
            Kind::Allowed => self.asked(true),
            Kind::Denied => self.asked(false),
            Kind::Failed => self.failed(),
            Kind::Interrupted => self.interrupted(),
            Kind::Delegated => self.delegated(),
        });
        out
    }

    /// A piece of a message.
    fn piece(&self, parent: Option<&str>, event: Value) -> Happening {
        // The same id for different pieces: pieces are told apart otherwise.
        let row = json!({"type": "stream_event", "uuid": self.id("piece"),
            "parent_tool_use_id": parent, "event": event});
        Happening::Said { row, lasting: false }
    }

    fn starts(&self, parent: Option<&str>, id: &str) -> Happening {
        let message =
            json!({"id": self.id(id), "model": "m", "content": [], "usage": {"output_tokens": 1}});
        self.piece(parent, json!({"type": "message_start", "message": message}))
    }

    /// A block of text, without its end.
    fn words(&self, parent: Option<&str>, index: u32, words: &[&str]) -> Vec<Happening> {
        let block = json!({"type": "text", "text": ""});
        let start = json!({"type": "content_block_start", "index": index, "content_block": block});
        let delta = |text: &&str| {
            let delta = json!({"type": "text_delta", "text": text});
            let event = json!({"type": "content_block_delta", "index": index, "delta": delta});
            self.piece(parent, event)
        };
        [self.piece(parent, start)].into_iter().chain(words.iter().map(delta)).collect()
    }

    fn stops(&self, index: u32) -> Happening {
        self.piece(None, json!({"type": "content_block_stop", "index": index}))
    }

    fn ends(&self, parent: Option<&str>, reason: &str) -> [Happening; 2] {
        let delta = json!({"type": "message_delta", "delta": {"stop_reason": reason},
            "usage": {"output_tokens": 20}});
        [self.piece(parent, delta), self.piece(parent, json!({"type": "message_stop"}))]
    }

    /// A finished block, as its own row.
    fn block(&self, parent: Option<&str>, uuid: &str, id: &str, block: Value) -> Value {
        json!({"type": "assistant", "uuid": self.id(uuid), "parent_tool_use_id": parent,
            "message": {"id": self.id(id), "role": "assistant", "model": "m", "content": [block],
                "stop_reason": null, "usage": {"output_tokens": 1}}})
    }

    fn text(&self, parent: Option<&str>, uuid: &str, id: &str, words: &str) -> Happening {
        said(self.block(parent, uuid, id, json!({"type": "text", "text": words})))
    }

    fn calls(&self, parent: Option<&str>, uuid: &str, id: &str, tool: &str) -> Happening {
        let block = json!({"type": "tool_use", "id": self.id(tool), "name": "Bash",
            "input": {"command": "ls"}});
        said(self.block(parent, uuid, id, block))
    }

    fn returns(&self, parent: Option<&str>, uuid: &str, tool: &str, words: &str) -> Value {
        let block = json!({"type": "tool_result", "tool_use_id": self.id(tool), "content": words});
        json!({"type": "user", "uuid": self.id(uuid), "parent_tool_use_id": parent,
            "message": {"role": "user", "content": [block]}})
    }

    fn result(&self, rest: Value) -> Happening {
        let mut row = json!({"type": "result", "subtype": "success", "uuid": self.id("result"),
            "is_error": false, "num_turns": 2});
        row.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        said(row)
    }

    /// A message that calls a tool, a question with its answer, the tool's result,
    /// another message.
    fn asked(&self, allows: bool) -> Vec<Happening> {
        let tool = json!({"type": "tool_use", "id": self.id("toolu"), "name": "Bash", "input": {}});
        let starts = json!({"type": "content_block_start", "index": 1, "content_block": tool});
        let input = |json: &str| {
            let delta = json!({"type": "input_json_delta", "partial_json": json});
            self.piece(None, json!({"type": "content_block_delta", "index": 1, "delta": delta}))
        };
        let mut out = vec![self.starts(None, "msg_a")];
        out.extend(self.words(None, 0, &["Look", "Look", " here"]));
        out.extend([
            self.text(None, "block_a", "msg_a", "LookLook here"),
            self.stops(0),
            self.piece(None, starts),
            input("{\"command\":"),
            input("\"ls\"}"),
            self.calls(None, "block_b", "msg_a", "toolu"),
            self.stops(1),
        ]);
        out.extend(self.ends(None, "tool_use"));
        let request = json!({"subtype": "can_use_tool", "tool_name": "Bash",
            "tool_use_id": self.id("toolu"), "input": {"command": "ls"}});
        let asks =
            json!({"type": "control_request", "request_id": self.id("ask"), "request": request});
        let says = match allows {
            true => json!({"behavior": "allow", "updatedInput": {}}),
            false => json!({"behavior": "deny", "message": "No"}),
        };
        let answer = json!({"type": "control_response", "response": {"subtype": "success",
            "request_id": self.id("ask"), "response": says}});
        let mut returns = self.returns(None, "back", "toolu", "rose");
        if !allows {
            returns["tool_result_meta"] =
                json!([{"id": self.id("toolu"), "non_execution_kind": "user-rejected"}]);
        }
        out.extend([
            said(asks.clone()),
            said(asks),
            Sent(answer.clone()),
            said(answer),
            said(returns),
            said(json!({"type": "system", "subtype": "notification", "uuid": self.id("note"),
                "text": "Hello", "key": "k"})),
            self.text(None, "block_c", "msg_b", "A rose."),
            self.result(json!({"result": "A rose.", "stop_reason": "end_turn"})),
            said(json!({"type": "prompt_suggestion", "uuid": self.id("hint"),
                "suggestion": "Water it"})),
        ]);
        out
    }

    fn failed(&self) -> Vec<Happening> {
        let mut out = vec![self.starts(None, "msg_a")];
        out.extend(self.words(None, 0, &["So", " far"]));
        let mut row =
            self.block(None, "block_b", "msg_b", json!({"type": "text", "text": "Overloaded"}));
        row["error"] = json!("overloaded");
        out.extend([
            self.text(None, "block_a", "msg_a", "So far"),
            said(row),
            self.result(json!({"subtype": "error_during_execution", "errors": ["Overloaded"]})),
        ]);
        out
    }

    fn interrupted(&self) -> Vec<Happening> {
        let interrupt = json!({"type": "control_request", "request_id": self.id("interrupt"),
            "request": {"subtype": "interrupt"}});
        let mut aborted =
            self.block(None, "block_a", "msg_a", json!({"type": "text", "text": "Wait a bit"}));
        aborted["aborted"] = json!(true);
        let mut out = vec![self.starts(None, "msg_a")];
        out.extend(self.words(None, 0, &["Wait", " a"]));
        let delta = json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": " bit"}});
        out.extend([
            Sent(interrupt.clone()),
            said(interrupt),
            self.piece(None, delta),
            said(json!({"type": "control_response", "response": {"subtype": "success",
                "request_id": self.id("interrupt"), "response": {"still_queued": []}}})),
            said(aborted),
            said(json!({"type": "user", "uuid": self.id("cut"), "parent_tool_use_id": null,
                "message": {"role": "user", "content": [
                    {"type": "text", "text": "[Request interrupted by user]"}]}})),
            self.result(json!({"subtype": "error_during_execution", "is_error": true,
                "terminal_reason": "aborted_streaming", "errors": ["aborted"]})),
        ]);
        out
    }

    fn delegated(&self) -> Vec<Happening> {
        let outer = self.id("toolu");
        let parent = Some(&*outer);
        let task = self.id("task");
        let about = |subtype: &str, status: Option<&str>| {
            said(json!({"type": "system", "subtype": subtype, "uuid": self.id(subtype),
                "task_id": task, "tool_use_id": outer, "description": "Look",
                "subagent_type": status.is_none().then_some("Explore"), "status": status}))
        };
        let mut out = vec![
            self.calls(None, "block_a", "msg_a", "toolu"),
            about("task_started", None),
            self.calls(parent, "block_b", "sub_a", "inner"),
            said(self.returns(parent, "back_b", "inner", "rose")),
            self.starts(parent, "sub_b"),
        ];
        out.extend(self.words(parent, 0, &["It", " grows"]));
        out.push(self.text(parent, "block_c", "sub_b", "It grows"));
        out.extend(self.ends(parent, "end_turn"));
        out.extend([
            about("task_notification", Some("completed")),
            said(self.returns(None, "back_a", "toolu", "It grows")),
            self.text(None, "block_d", "msg_b", "A rose."),
            self.result(json!({"result": "A rose.", "stop_reason": "end_turn"})),
        ]);
        out
    }
}

/// Turns of a Managed Agents session.
pub fn managed(kinds: &[Kind]) -> Vec<Happening> {
    let turn = |(at, kind): (usize, &Kind)| Managed { number: at + 1 }.turn(*kind);
    kinds.iter().enumerate().flat_map(turn).collect()
}

struct Managed {
    number: usize,
}

impl Managed {
    fn id(&self, name: &str) -> String {
        format!("sevt_{name}_{}", self.number)
    }

    /// What the page sends has no id yet; what is said of it has.
    fn event(&self, name: &str, mut event: Value) -> Happening {
        event["id"] = json!(self.id(name));
        said(event)
    }

    fn idle(&self, name: &str, reason: Value) -> Happening {
        self.event(name, json!({"type": "session.status_idle", "stop_reason": reason}))
    }

    /// A message with a preview of it.
    fn message(&self, name: &str, pieces: &[&str]) -> Vec<Happening> {
        let id = self.id(name);
        let about = json!({"id": id, "type": "agent.message"});
        let preview = |row| Happening::Said { row, lasting: false };
        let mut out = vec![preview(json!({"type": "event_start", "event": about}))];
        out.extend(pieces.iter().map(|text| {
            let content = json!({"type": "text", "text": text});
            let delta = json!({"type": "content_delta", "index": 0, "content": content});
            preview(json!({"type": "event_delta", "event_id": id, "delta": delta}))
        }));
        let content = json!([{"type": "text", "text": pieces.concat()}]);
        out.push(said(json!({"type": "agent.message", "id": id, "content": content})));
        out
    }

    fn uses(&self, extra: Value) -> Happening {
        let mut row = json!({"type": "agent.tool_use", "name": "bash", "input": {"command": "ls"}});
        row.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        self.event("call", row)
    }

    fn returns(&self, failed: bool) -> Happening {
        self.event(
            "back",
            json!({"type": "agent.tool_result", "tool_use_id": self.id("call"), "is_error": failed,
                "content": [{"type": "text", "text": "rose"}]}),
        )
    }

    fn turn(&self, kind: Kind) -> Vec<Happening> {
        let words = json!([{"type": "text", "text": format!("Look {}", self.number)}]);
        let prompt = json!({"type": "user.message", "content": words});
        let runs = |name: &str| self.event(name, json!({"type": "session.status_running"}));
        let end_turn = || self.idle("idle", json!({"type": "end_turn"}));
        let mut out = vec![Sent(prompt.clone()), self.event("prompt", prompt), runs("runs")];
        out.extend(self.message("msg_a", &["Look", "Look", " here"]));
        match kind {
            Kind::Allowed | Kind::Denied => {
                let says = if kind == Kind::Allowed { "allow" } else { "deny" };
                let answer = json!({"type": "user.tool_confirmation", "result": says,
                    "tool_use_id": self.id("call")});
                let waits = json!({"type": "requires_action", "event_ids": [self.id("call")]});
                out.extend([
                    self.uses(json!({"evaluated_permission": "ask"})),
                    self.event(
                        "used",
                        json!({"type": "span.model_request_end",
                        "model_usage": {"output_tokens": 5}}),
                    ),
                    self.idle("waits", waits),
                    Sent(answer.clone()),
                    self.event("answer", answer),
                    runs("again"),
                    self.returns(kind == Kind::Denied),
                ]);
                out.extend(self.message("msg_b", &["A", " rose."]));
                out.push(end_turn());
            }
            Kind::Failed => out.extend([
                self.event(
                    "error",
                    json!({"type": "session.error", "error": {
                    "type": "overloaded_error", "message": "Overloaded",
                    "retry_status": {"type": "exhausted"}}}),
                ),
                self.idle("idle", json!({"type": "retries_exhausted"})),
            ]),
            Kind::Interrupted => {
                let interrupt = json!({"type": "user.interrupt"});
                out.extend([
                    Sent(interrupt.clone()),
                    self.event("interrupt", interrupt),
                    end_turn(),
                ]);
            }
            Kind::Delegated => {
                let thread = format!("sthr_{}", self.number);
                let about = |name: &str, kind: &str| {
                    self.event(
                        name,
                        json!({"type": kind, "session_thread_id": thread,
                        "agent_name": "scout", "stop_reason": {"type": "end_turn"}}),
                    )
                };
                out.extend([
                    about("made", "session.thread_created"),
                    self.uses(json!({"session_thread_id": thread})),
                    self.returns(false),
                    about("done", "session.thread_status_idle"),
                    end_turn(),
                ]);
            }
        }
        out
    }
}
