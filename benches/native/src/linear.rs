//! Every parser of the core, each with what it reads: texts that can be made in any
//! size of the same kind, so that the cost of a byte can be compared.

use pagetap::dialect::{DIALECTS, Dialect};
use pagetap::exchange::{Arrival, Direction, Opening, Transport};
use pagetap::json::{scan, tape::Tape, text};
use pagetap::limits::Limits;
use pagetap::{Tap, secrets, stream::Ending};
use std::error::Error;
use std::hint::black_box;
use std::io::Write;

/// How a text is made: what comes before and after, and what is repeated between.
struct Text {
    head: &'static str,
    piece: &'static str,
    tail: &'static str,
}

struct Case {
    name: &'static str,
    text: Text,
    read: fn(&[u8]),
}

/// A text that is one piece again and again.
const fn repeated(piece: &'static str) -> Text {
    Text { head: "", piece, tail: "" }
}

const DELTA: &str = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
    \"delta\":{\"type\":\"text_delta\",\"text\":\" some words\"}}\n\n";
const HEAD: &str = "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\
    \"text_delta\",\"text\":\"";
const TAIL: &str = "\"}}\n\n";
const NESTED: &str = "[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[0]}]}]}]}]}]},";

const CASES: &[Case] = &[
    Case { name: "event stream", text: repeated(DELTA), read: event_stream },
    Case {
        name: "event stream, CRLF",
        text: repeated(
            "event: content_block_delta\r\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
             \"delta\":{\"type\":\"text_delta\",\"text\":\" some words\"}}\r\n\r\n",
        ),
        read: event_stream,
    },
    Case { name: "event stream, tiny records", text: repeated("data:1\n\n"), read: event_stream },
    Case { name: "event stream, empty lines", text: repeated("\n"), read: event_stream },
    Case { name: "event stream, many data lines", text: repeated("data: 1\n"), read: event_stream },
    Case {
        name: "event stream, one line",
        text: Text { head: HEAD, piece: "some words ", tail: TAIL },
        read: event_stream,
    },
    Case {
        name: "event stream, one line of escapes",
        text: Text { head: HEAD, piece: "\\n\\\"\\u00e9\\ud83d\\ude42\\\\", tail: TAIL },
        read: event_stream,
    },
    Case {
        name: "event stream, one line of CJK",
        text: Text { head: HEAD, piece: "中文🙂", tail: TAIL },
        read: event_stream,
    },
    Case {
        name: "event stream, many blocks",
        text: repeated(
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\
             \"tool_use\",\"id\":\"toolu_1\",\"name\":\"read\",\"input\":{}}}\n\n\
             data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\
             \"input_json_delta\",\"partial_json\":\"{}\"}}\n\n\
             data: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        ),
        read: event_stream,
    },
    Case {
        name: "JSON body",
        text: Text {
            head: "{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"m\",\
                   \"stop_reason\":\"end_turn\",\"content\":[{\"type\":\"text\",\"text\":\"",
            piece: "some words ",
            tail: "\"}]}",
        },
        read: body,
    },
    Case {
        name: "other body",
        text: repeated("<p class=\"a\">some words</p>\n"),
        read: other_body,
    },
    Case {
        name: "NDJSON in messages",
        text: repeated(
            "{\"type\":\"stream_event\",\"session_id\":\"session_1\",\"event\":{\"type\":\
             \"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\
             \" some words\"}}}\n",
        ),
        read: lines,
    },
    Case {
        name: "JSON-RPC messages",
        text: repeated(
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":\
             1,\"message\":\"some words\"}}\n",
        ),
        read: rpc,
    },
    Case {
        name: "JSON, checked: nested",
        text: Text { head: "[", piece: NESTED, tail: "0]" },
        read: json,
    },
    Case {
        name: "JSON, checked: numbers",
        text: Text { head: "[", piece: "-12.5e3, ", tail: "0]" },
        read: json,
    },
    Case {
        name: "JSON, indexed",
        text: Text { head: "{", piece: "\"name\":{\"a\":[1,2],\"b\":null},", tail: "\"\":0}" },
        read: index,
    },
    Case {
        name: "JSON text, decoded",
        text: repeated("some \\n\\u00e9\\ud83d\\ude42\\ud83d\\\\ words"),
        read: decode,
    },
    Case { name: "secrets: words", text: repeated("some words, no secrets "), read: cover },
    Case {
        name: "secrets: members",
        text: repeated("{\"name\":\"value\",\"token\":\"abcdefgh\"}"),
        read: cover,
    },
    Case { name: "secrets: names that may be", text: repeated("\"token\" "), read: cover },
    Case { name: "secrets: lists", text: repeated("\"cookies\":["), read: cover },
    Case {
        name: "secrets: a list",
        text: Text { head: "\"cookies\":[", piece: "\"abcdefgh\",", tail: "0]" },
        read: cover,
    },
    Case { name: "secrets: backslashes", text: repeated("\\"), read: cover },
    Case { name: "secrets: percent signs", text: repeated("%25"), read: cover },
    Case { name: "secrets: escaped percent signs", text: repeated("25%"), read: cover },
    Case { name: "secrets: slashes", text: repeated("/"), read: cover },
    Case {
        name: "secrets: addresses",
        text: repeated("https://a:b@host/?token=c&d "),
        read: cover,
    },
    Case { name: "secrets: blanks", text: repeated("\"token\":     "), read: cover },
    Case { name: "secrets: quotes", text: repeated("\""), read: cover },
];

/// The names of all cases.
pub fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|case| case.name)
}

fn find(name: &str) -> Result<&'static Case, String> {
    CASES.iter().find(|case| case.name == name).ok_or(format!("there is no case {name}"))
}

/// Prints the text of a case in about that size.
pub fn make(name: &str, size: &str) -> Result<(), Box<dyn Error>> {
    let Text { head, piece, tail } = find(name)?.text;
    let room = size.parse::<usize>()?.saturating_sub(head.len() + tail.len());
    let text = format!("{head}{}{tail}", piece.repeat((room / piece.len()).max(1)));
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Reads the text of a case.
pub fn run(name: &str, file: &str) -> Result<(), Box<dyn Error>> {
    (find(name)?.read)(&std::fs::read(file)?);
    Ok(())
}

/// What a network hands over at a time.
const CHUNK: usize = 1000;

/// A tap that holds the longest of these texts, with everybody listening.
fn tap() -> Tap {
    let whole = 64 << 20;
    let mut tap = Tap::new(Limits {
        bytes_per_stream: whole,
        text_per_block: whole,
        text_per_message: whole,
        ..Limits::default()
    });
    tap.listen(true, true);
    tap
}

fn read_batch(tap: &mut Tap) {
    black_box(tap.batch_mut().count_in_utf16());
    tap.clear();
}

fn response(media: &str, bytes: &[u8]) {
    let mut tap = tap();
    let Some(id) = tap.open("https://api.anthropic.com/v1/messages", "POST", 0.0) else { return };
    tap.response(id, 200, media, "", 0.0);
    tap.feed(id, b"", 0.0);
    for chunk in bytes.chunks(CHUNK) {
        tap.feed(id, chunk, 0.0);
        read_batch(&mut tap);
    }
    tap.end(id, Ending::Done, "", 0.0);
    read_batch(&mut tap);
}

fn event_stream(bytes: &[u8]) {
    response("text/event-stream", bytes);
}

fn body(bytes: &[u8]) {
    response("application/json", bytes);
}

fn other_body(bytes: &[u8]) {
    response("text/html", bytes);
}

/// A socket of a dialect whose address is not needed, and its messages.
fn socket<'m>(dialect: &str, messages: impl Iterator<Item = &'m [u8]>) {
    let mut tap = tap();
    let opening = Opening {
        transport: Transport::Socket,
        url: "wss://host.example/",
        method: "WS",
        headers: "",
    };
    let named = |known: &&&Dialect| known.name == dialect;
    let (true, Some(dialect)) = (tap.open_with(1, &opening, 0.0), DIALECTS.iter().find(named))
    else {
        return;
    };
    tap.set_dialect(1, dialect);
    for message in messages {
        tap.message(1, message, &Arrival::text(Direction::In));
        read_batch(&mut tap);
    }
    tap.end(1, Ending::Done, "", 0.0);
    read_batch(&mut tap);
}

fn lines(bytes: &[u8]) {
    socket("ccr-v1", bytes.chunks(CHUNK));
}

fn rpc(bytes: &[u8]) {
    socket("mcp-ws", bytes.split_inclusive(|byte| *byte == b'\n'));
}

fn json(bytes: &[u8]) {
    black_box(scan::is_json(bytes));
}

fn index(bytes: &[u8]) {
    let mut tape = Tape::default();
    tape.read(bytes);
    black_box(tape.at(bytes, "/name/b"));
}

fn decode(bytes: &[u8]) {
    let mut decoded = Vec::new();
    text::decode(bytes, &mut decoded);
    black_box(decoded);
}

fn cover(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    black_box(secrets::cover(&mut bytes));
    black_box(bytes);
}
