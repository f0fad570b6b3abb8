//! Values in a table: texts, objects, places in a record.

use super::RESERVED;
use super::choice::Words;
use super::refusal::{Path, number};
use crate::dialect::FieldRule;
use crate::hook::Field;
use crate::json::tape::{DEPTH, Tape, elements};
use crate::json::{Kind, kind, text as json_text};
use alloc::string::String;
use alloc::vec::Vec;

/// The members of an object, whose keys are all different.
pub(super) struct Members<'r>(Vec<(String, &'r [u8])>);

impl<'r> Members<'r> {
    pub(super) fn of(path: &Path<'_>, raw: &'r [u8]) -> Result<Members<'r>, String> {
        if kind(raw) != Kind::Object {
            return Err(path.refuse(&["must be an object"]));
        }
        let mut tape = Tape::default();
        tape.read(raw);
        let mut members = Members(Vec::new());
        for (key, value) in tape.members(raw) {
            let Some(key) = decoded(key) else {
                return Err(path.refuse(&["a key holds half a surrogate pair"]));
            };
            if members.get(&key).is_some() {
                return Err(path.key(&key).refuse(&["stands here twice"]));
            }
            members.0.push((key, value));
        }
        Ok(members)
    }

    /// The same, with none but these keys; `what` says of what.
    pub(super) fn closed(
        path: &Path<'_>,
        raw: &'r [u8],
        keys: &[&'static str],
        what: &str,
    ) -> Result<Members<'r>, String> {
        let members = Members::of(path, raw)?;
        let words = Words { what, at: &|at| keys.get(at).copied(), small: false };
        for (key, _) in &members.0 {
            words.choose(&path.key(key), key)?;
        }
        Ok(members)
    }

    pub(super) fn get(&self, wanted: &str) -> Option<&'r [u8]> {
        self.0.iter().find(|(key, _)| key == wanted).map(|(_, value)| *value)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &'r [u8])> {
        self.0.iter().map(|(key, value)| (key.as_str(), *value))
    }

    /// The text that must stand at `key`.
    pub(super) fn text(&self, path: &Path<'_>, key: &str) -> Result<String, String> {
        match self.get(key) {
            Some(raw) => text(&path.key(key), raw),
            None => Err(path.refuse(&["lacks \"", key, "\""])),
        }
    }

    /// The text that may stand there.
    pub(super) fn may(&self, path: &Path<'_>, key: &str) -> Result<String, String> {
        self.get(key).map_or(Ok(String::new()), |raw| text(&path.key(key), raw))
    }
}

fn decoded(inner: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    json_text::decode(inner, &mut out).then(|| String::from_utf8(out).ok())?
}

pub(super) fn text(path: &Path<'_>, raw: &[u8]) -> Result<String, String> {
    if kind(raw) != Kind::String {
        return Err(path.refuse(&["must be a text"]));
    }
    decoded(json_text::inner(raw)).ok_or_else(|| path.refuse(&["holds half a surrogate pair"]))
}

/// The elements of an array.
pub(super) fn list<'r>(
    path: &Path<'_>,
    raw: &'r [u8],
) -> Result<impl Iterator<Item = (usize, &'r [u8])> + use<'r>, String> {
    match kind(raw) {
        Kind::Array => Ok(elements(raw).enumerate()),
        _ => Err(path.refuse(&["must be an array"])),
    }
}

/// A JSON Pointer that records are indexed deep enough for.
pub(super) fn pointer(path: &Path<'_>, pointer: &str) -> Result<(), String> {
    let deep = pointer.matches('/').count();
    if !pointer.starts_with('/') {
        Err(path.refuse(&["must be a JSON Pointer, \"/\" before each name"]))
    } else if pointer.contains('~') {
        Err(path.refuse(&["\"~\" is not understood: a pointer names plain members"]))
    } else if deep > DEPTH as usize {
        let depth = number(DEPTH as usize);
        Err(path.refuse(&["goes ", &number(deep), " deep; records are read ", &depth, " deep"]))
    } else {
        Ok(())
    }
}

/// Where fields stand, over those of a rule that is like this one.
pub(super) fn fields(
    path: &Path<'_>,
    raw: &[u8],
    like: &[FieldRule],
) -> Result<Vec<(Field, String)>, String> {
    let mut given: Vec<(Field, String)> = Vec::new();
    let names = |at: usize| {
        let field: &Field = Field::ALL.get(at)?;
        Some(if RESERVED.contains(field) { "" } else { field.name() })
    };
    let words = Words { what: "field a rule can set", at: &names, small: false };
    for (name, value) in Members::of(path, raw)?.each() {
        let path = path.key(name);
        let Some(field) = Field::ALL.get(words.choose(&path, name)?) else { continue };
        if kind(value) != Kind::Array {
            given.push((*field, place(&path, value)?));
            continue;
        }
        let before = given.len();
        for (index, one) in list(&path, value)? {
            given.push((*field, place(&path.item(index), one)?));
        }
        if given.len() == before {
            return Err(path.refuse(&["must name a place"]));
        }
    }
    // What is given takes the place of what was there: the first may be what grows.
    let mut out: Vec<(Field, String)> = Vec::new();
    for FieldRule(field, at) in like {
        let mut instead = given.iter().filter(|new| new.0 == *field).peekable();
        if instead.peek().is_none() {
            out.push((*field, String::from(*at)));
        } else if !out.iter().any(|known| known.0 == *field) {
            out.extend(instead.cloned());
        }
    }
    given.retain(|new| !like.iter().any(|rule| rule.0 == new.0));
    out.append(&mut given);
    Ok(out)
}

/// A pointer, `""` for the whole record, or `=` and a text.
fn place(path: &Path<'_>, raw: &[u8]) -> Result<String, String> {
    let place = text(path, raw)?;
    if !place.is_empty() && !place.starts_with('=') {
        pointer(path, &place)?;
    }
    Ok(place)
}
