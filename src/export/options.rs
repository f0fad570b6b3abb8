//! What an exporter is told to make.

use super::content::Classes;
use super::ids::Ids;
use super::json::{count_of, number_of, text_of};
use super::payload::{Caps, SMALLEST_CAP};
use crate::json::tape::{self, Tape};
use crate::json::{self, Kind};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// OpenTelemetry, protobuf.
    #[default]
    Otlp,
    /// OpenTelemetry, JSON.
    OtlpJson,
    /// One JSON object an event, as Claude Code's hooks get it.
    Hooks,
    /// One line of JSON an event.
    Ndjson,
}

/// Which names OpenTelemetry's attributes have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Names {
    /// Semantic conventions 1.41.1.
    #[default]
    GenAi141,
    /// What they are becoming.
    GenAiDev,
}

/// The options, checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// How events are written.
    pub format: Format,
    /// Who exports: 32 hex digits.
    pub instance: String,
    /// The ids that follow from it.
    pub ids: Ids,
    /// Names of attributes.
    pub names: Names,
    /// Whether spans are wanted.
    pub traces: bool,
    /// Whether log records are wanted.
    pub logs: bool,
    /// Whether metrics are wanted.
    pub metrics: bool,
    /// Content that may leave.
    pub include: Classes,
    /// Events that are wanted, of formats that are events; none for their default.
    pub events: Option<Vec<String>>,
    /// How long values may be.
    pub caps: Caps,
    /// Attributes of the resource: names and raw values.
    pub resource: Vec<(String, Vec<u8>)>,
}

const MEMBERS: [&str; 8] =
    ["format", "instance", "names", "signals", "include", "events", "caps", "resource"];

impl Options {
    /// Reads them; why they are refused, else.
    pub fn read(src: &[u8]) -> Result<Options, String> {
        let mut tape = Tape::default();
        if core::str::from_utf8(src).is_err()
            || !tape.read(src)
            || json::kind(src.trim_ascii_start()) != Kind::Object
        {
            return Err("the options are no JSON object".into());
        }
        for (key, _) in tape.members(src) {
            let key = text_of(&[b"\"", key, b"\""].concat()).unwrap_or_default();
            if !MEMBERS.contains(&&*key) {
                return Err(format!("{key} is no option; there are {}", MEMBERS.join(", ")));
            }
        }
        let instance = text_of(tape.at(src, "/instance")).unwrap_or_default();
        let ids = Ids::of(&instance).ok_or("instance must be 32 hex digits")?;
        let signals = tape.at(src, "/signals");
        let (traces, logs, metrics) = match signals {
            [] => (true, true, false),
            _ => signals_of(signals)?,
        };
        Ok(Options {
            format: one_of(&FORMATS, "format", tape.at(src, "/format"))?,
            names: one_of(&NAMES, "names", tape.at(src, "/names"))?,
            instance: instance.to_ascii_lowercase(),
            ids,
            traces,
            logs,
            metrics,
            include: classes(tape.at(src, "/include"))?,
            events: events(tape.at(src, "/events"))?,
            caps: Caps {
                attribute: cap("attribute", tape.at(src, "/caps/attribute"), 4096)?,
                content: cap("content", tape.at(src, "/caps/content"), 60_000)?,
            },
            resource: resource(tape.at(src, "/resource"))?,
        })
    }
}

const FORMATS: [(&str, Format); 4] = [
    ("otlp", Format::Otlp),
    ("otlp-json", Format::OtlpJson),
    ("hooks", Format::Hooks),
    ("ndjson", Format::Ndjson),
];

const NAMES: [(&str, Names); 2] = [("genai-1.41", Names::GenAi141), ("genai-dev", Names::GenAiDev)];

const SIGNALS: [(&str, usize); 3] = [("traces", 0), ("logs", 1), ("metrics", 2)];

/// The value of a word; the default without one.
fn one_of<T: Copy + Default>(words: &[(&str, T)], option: &str, raw: &[u8]) -> Result<T, String> {
    if raw.is_empty() {
        return Ok(T::default());
    }
    value_of(words, option, raw)
}

fn value_of<T: Copy>(words: &[(&str, T)], option: &str, raw: &[u8]) -> Result<T, String> {
    let word = text_of(raw);
    let known = words.iter().find(|(name, _)| Some(*name) == word.as_deref());
    known.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        format!("{option}: {} is none of {}", shown(raw), names.join(", "))
    })
}

fn list<'s>(option: &str, raw: &'s [u8]) -> Result<impl Iterator<Item = &'s [u8]>, String> {
    match json::kind(raw) {
        Kind::Array => Ok(tape::elements(raw)),
        Kind::Null if raw.is_empty() => Ok(tape::elements(raw)),
        _ => Err(format!("{option} must be a list, not {}", shown(raw))),
    }
}

fn signals_of(raw: &[u8]) -> Result<(bool, bool, bool), String> {
    let mut wanted = [false; 3];
    for signal in list("signals", raw)? {
        if let Some(wanted) = wanted.get_mut(value_of(&SIGNALS, "signals", signal)?) {
            *wanted = true;
        }
    }
    let [traces, logs, metrics] = wanted;
    if !(traces || logs || metrics) {
        return Err("signals is empty: nothing would be sent".into());
    }
    Ok((traces, logs, metrics))
}

fn classes(raw: &[u8]) -> Result<Classes, String> {
    list("include", raw)?.try_fold(Classes::default(), |all, class| {
        Ok(all.with(value_of(&Classes::NAMES, "include", class)?))
    })
}

fn events(raw: &[u8]) -> Result<Option<Vec<String>>, String> {
    if json::kind(raw) == Kind::Null {
        return Ok(None);
    }
    let name = |raw| text_of(raw).ok_or_else(|| format!("events: {} is no name", shown(raw)));
    list("events", raw)?.map(name).collect::<Result<_, _>>().map(Some)
}

fn cap(name: &str, raw: &[u8], default: usize) -> Result<usize, String> {
    if raw.is_empty() {
        return Ok(default);
    }
    let fits = |cap: &u64| (SMALLEST_CAP as u64..=MOST_BYTES).contains(cap);
    let cap = count_of(raw).filter(fits);
    cap.map(|cap| cap as usize).ok_or_else(|| {
        format!("caps.{name} must be a number of bytes from {SMALLEST_CAP} to {MOST_BYTES}")
    })
}

/// No cap is larger.
const MOST_BYTES: u64 = 16 << 20;

fn resource(raw: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut tape = Tape::default();
    match json::kind(raw) {
        Kind::Null if raw.is_empty() => return Ok(Vec::new()),
        Kind::Object => tape.read(raw),
        _ => return Err(format!("resource must be an object, not {}", shown(raw))),
    };
    let mut attributes = Vec::new();
    for (key, value) in tape.members(raw) {
        let key = text_of(&[b"\"", key, b"\""].concat()).unwrap_or_default();
        let plain = match json::kind(value) {
            Kind::Bool | Kind::String => true,
            Kind::Number => number_of(value).is_some(),
            _ => false,
        };
        if !plain {
            return Err(format!("resource.{key} must be a text, a number, true or false"));
        }
        attributes.retain(|(other, _)| *other != key);
        attributes.push((key, value.to_vec()));
    }
    Ok(attributes)
}

/// As much of a wrong value as a sentence bears.
fn shown(raw: &[u8]) -> String {
    let head = crate::json::text::head(raw, 40);
    let more = if head.len() < raw.len() { "…" } else { "" };
    format!("{}{more}", core::str::from_utf8(head).unwrap_or_default())
}
