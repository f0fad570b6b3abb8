//! One hook event, as far as it may leave: what every format is made of.

use super::content::{self, Classes, Rule, Size};
use super::json::{count_of, number_of, object, string, text_of, well_formed};
use crate::hook::HookName;
use crate::json::tape::Tape;
use crate::json::text::{self, utf16_len};
use crate::json::{self, Kind};
use alloc::string::String;
use alloc::vec::Vec;

/// What a payload is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// A hook event.
    Hook(HookName),
    /// A notice.
    Notice,
    /// Something this version does not know.
    Unknown,
}

/// An event without what must stay.
#[derive(Debug)]
pub struct Payload {
    /// What it is.
    pub about: About,
    members: Vec<Member>,
}

/// One member of it.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its value, JSON.
    pub value: Vec<u8>,
}

/// How long values may be, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Caps {
    /// Of what is no content.
    pub attribute: usize,
    /// Of content.
    pub content: usize,
}

/// At the end of a text that was cut.
const MARK: &str = "…[cut]";

/// The smallest cap: there must be room for the mark.
pub const SMALLEST_CAP: usize = 16;

/// How deep counters of usage lie.
const USAGE_DEPTH: usize = 2;

impl Payload {
    /// Reads `src`, and takes of it what may leave. What was read before and written
    /// by `write` gives the same again. None if it is no JSON object with a type.
    pub fn read(src: &[u8], include: Classes, caps: Caps) -> Option<Payload> {
        core::str::from_utf8(src).ok()?;
        let mut tape = Tape::default();
        if !tape.read(src) {
            return None;
        }
        let name = Some(tape.at(src, "/type")).filter(|name| Rule::Word.allows(name));
        let name = text_of(name?)?;
        let hook = HookName::ALL.iter().copied().find(|hook| hook.name() == name);
        let about = match hook {
            Some(hook) => About::Hook(hook),
            None if name == "Notice" => About::Notice,
            None => About::Unknown,
        };
        // The name of a tool that was read from the screen is whatever a page writes there.
        let is_seen = tape.at(src, "/source") == br#""dom""#;
        let titles_stay = is_seen && !include.contain(Classes::TOOL_INPUTS);
        let mut payload = Payload { about, members: Vec::new() };
        for (key, value) in tape.members(src) {
            let name = text_of(&[b"\"", key, b"\""].concat())?;
            let rule = match content::rule(hook, &name) {
                Rule::Name if titles_stay => Rule::Id,
                Rule::Agent if !Rule::Agent.allows(value) => Rule::Content(Classes::TOOL_INPUTS),
                rule => rule,
            };
            if let Some(size) = Size::ALL.iter().find(|size| size.of == name)
                && tape.at(src, &["/", size.name].concat()).is_empty()
            {
                payload.measure(size, value);
            }
            payload.take(name, value, rule, include, caps);
        }
        Some(payload)
    }

    /// Adds a member if its rule lets it.
    fn take(&mut self, name: String, raw: &[u8], rule: Rule, include: Classes, caps: Caps) {
        let mut value = Vec::new();
        match rule {
            Rule::Content(classes) if include.contain(classes) => {
                capped(raw, caps.content, &mut value);
            }
            Rule::Content(_) | Rule::Never => return,
            Rule::Numbers => content::numbers(raw, USAGE_DEPTH, &mut value),
            _ if rule.allows(raw) => capped(raw, caps.attribute, &mut value),
            _ => return,
        }
        self.set(Member { name, value });
    }

    /// Says how much there is of content, where that is told by its text or JSON.
    fn measure(&mut self, size: &Size, raw: &[u8]) {
        let size_of = match (size.in_units, text_of(raw)) {
            (true, Some(text)) => utf16_len(text.as_bytes()) as usize,
            (true, None) => return,
            (false, _) => raw.len(),
        };
        let mut value = Vec::new();
        number(size_of as u64, &mut value);
        self.set(Member { name: size.name.into(), value });
    }

    /// The last of several members of one name counts, as in `JSON.parse`.
    fn set(&mut self, member: Member) {
        match self.members.iter_mut().find(|other| other.name == member.name) {
            Some(other) => *other = member,
            None => self.members.push(member),
        }
    }

    /// The event as JSON. It can be read again.
    pub fn write(&self, out: &mut Vec<u8>) {
        object(out, |object| {
            for Member { name, value } in &self.members {
                object.raw(name, value);
            }
        });
    }

    /// Its members, in order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The raw value of a member; empty without it.
    pub fn get(&self, name: &str) -> &[u8] {
        let found = self.members.iter().find(|member| member.name == name);
        found.map_or(&[], |member| &member.value)
    }

    /// A member's text; empty if it has none.
    pub fn text(&self, name: &str) -> String {
        text_of(self.get(name)).unwrap_or_default()
    }

    /// A member that is a text or a number, as text; empty if it is neither.
    pub fn id(&self, name: &str) -> String {
        let raw = self.get(name);
        match json::kind(raw) {
            Kind::Number => String::from_utf8(raw.to_vec()).unwrap_or_default(),
            _ => text_of(raw).unwrap_or_default(),
        }
    }

    /// A member's number.
    pub fn number(&self, name: &str) -> Option<f64> {
        number_of(self.get(name))
    }

    /// A counter of its usage.
    pub fn usage(&self, pointer: &str) -> Option<u64> {
        let usage = self.get("usage");
        let mut tape = Tape::default();
        tape.read(usage);
        count_of(tape.at(usage, pointer))
    }

    /// Whether a member is true.
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == b"true"
    }

    /// Its time, Unix milliseconds.
    pub fn ts(&self) -> f64 {
        self.number("ts").unwrap_or_default().max(0.0)
    }

    /// Its type.
    pub fn name(&self) -> String {
        self.text("type")
    }
}

/// Appends a value, well-formed and not longer than `cap` bytes of text: what is
/// longer becomes its beginning, as text, with a mark.
fn capped(raw: &[u8], cap: usize, out: &mut Vec<u8>) {
    let decoded = text_of(raw);
    let plain = decoded.as_ref().map_or(raw, |text| text.as_bytes());
    if plain.len() <= cap {
        return well_formed(raw, out);
    }
    let head = text::head(plain, cap.saturating_sub(MARK.len()));
    let head = core::str::from_utf8(head).unwrap_or_default();
    string(&[head, MARK].concat(), out);
}

/// Appends a count.
pub fn number(count: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut rest = count;
    let mut at = digits.len();
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        at = index;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}
