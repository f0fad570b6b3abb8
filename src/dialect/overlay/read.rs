//! A table as it is given: JSON, every part of which is checked.

use super::apply::{Draft, Memory, Rule, put};
use super::place::{Place, number, quote, str_of};
use crate::dialect::{Dialect, Grammar};
use crate::json::tape::{Tape, elements};
use crate::json::{Kind, kind, scan, text};
use crate::limits::Limits;
use alloc::string::String;
use alloc::vec::Vec;

/// What a table is read with. Whoever gives nothing has said why in `refusal`.
#[derive(Debug)]
pub(super) struct Reader<'r> {
    dialects: &'r [&'static Dialect],
    pub(super) memory: &'r mut Memory,
    pub(super) drafts: Vec<Draft>,
    pub(super) refusal: String,
    /// Members of an object, and rules for a dialect.
    limit: usize,
}

/// The members of an object, whose keys are all different.
pub(super) type Members<'t> = Vec<(&'t str, &'t [u8])>;

pub(super) fn get<'t>(members: &Members<'t>, wanted: &str) -> Option<&'t [u8]> {
    members.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value)
}

/// A list of words, of which a table chooses one.
pub(super) struct Words<'w> {
    /// What a word of the list is: "hook event".
    pub(super) what: &'w str,
    /// The word at an index, until there is none. One that is empty cannot be
    /// chosen.
    pub(super) at: &'w dyn Fn(usize) -> Option<&'static str>,
    /// Spoken with a small first letter.
    pub(super) small: bool,
}

impl<'r> Reader<'r> {
    pub(super) fn new(
        dialects: &'r [&'static Dialect],
        memory: &'r mut Memory,
        limit: usize,
    ) -> Reader<'r> {
        Reader { dialects, memory, drafts: Vec::new(), refusal: String::new(), limit }
    }

    /// Reads a table, or several in an array.
    pub(super) fn table(&mut self, table: &[u8], limits: &Limits) -> Option<()> {
        let top = Place::TOP;
        if table.len() > limits.table_bytes {
            return self.too_many(&top, limits.table_bytes, " bytes");
        }
        if str_of(table).len() < table.len() || !scan::is_json(table) {
            return self.refuse(&top, &["is not JSON"]);
        }
        let table = &plain(table);
        match kind(table) {
            Kind::Object => self.one(&top, table),
            Kind::Array => {
                for (index, table) in elements(table).enumerate() {
                    self.one(&top.item(index), table)?;
                }
                Some(())
            }
            _ => self.refuse(&top, &["must be an object, or an array of objects"]),
        }
    }

    fn one(&mut self, place: &Place<'_>, raw: &[u8]) -> Option<()> {
        const KEYS: &[&str] =
            &["dialect", "reset", "endpoints", "signs", "events", "blocks", "deltas", "page"];
        let table = self.closed(place, raw, KEYS, "key of a table")?;
        let name = self.text_at(place, &table, "dialect")?;
        let dialects = self.dialects;
        let names = |at: usize| dialects.get(at).map(|dialect| dialect.name);
        let words = Words { what: "dialect", at: &names, small: false };
        let at = self.choose(&place.key("dialect"), name, &words)?;
        let dialect = *dialects.get(at)?;
        let mut draft = match self.drafts.iter().position(|draft| draft.dialect == at) {
            Some(known) => self.drafts.swap_remove(known),
            None => Draft { dialect: at, reset: false, rules: Vec::new() },
        };
        match get(&table, "reset") {
            None => {}
            Some(b"true") => draft = Draft { dialect: at, reset: true, rules: Vec::new() },
            Some(_) => return self.refuse(&place.key("reset"), &["must be true"]),
        }
        for (key, raw) in table {
            let place = place.key(key);
            if matches!(key, "dialect" | "reset") {
                continue;
            }
            if key == "page" {
                self.page(&place, raw)?;
                continue;
            }
            if matches!(key, "endpoints" | "signs") {
                if kind(raw) != Kind::Array {
                    return self.refuse(&place, &["must be an array"]);
                }
                for (index, raw) in elements(raw).enumerate() {
                    let place = place.item(index);
                    let (name, rule) = match key {
                        "signs" => self.sign(&place, raw)?,
                        _ => self.endpoint(&place, raw, dialect)?,
                    };
                    self.put(&place, &mut draft, name, rule)?;
                }
                continue;
            }
            if key != "events" && dialect.grammar != Grammar::Blocks {
                let reason = "\" has none of its own: its messages are read by \"messages\"";
                return self.refuse(&place, &["\"", dialect.name, reason]);
            }
            for (wire, raw) in self.members(&place, raw)? {
                let rule = self.named(&place, dialect, key, wire, raw)?;
                self.put(&place, &mut draft, [key, wire].concat(), rule)?;
            }
        }
        self.drafts.push(draft);
        Some(())
    }

    fn put(
        &mut self,
        place: &Place<'_>,
        draft: &mut Draft,
        name: String,
        rule: Rule,
    ) -> Option<()> {
        put(&mut draft.rules, name, rule);
        if draft.rules.len() > self.limit {
            return self.too_many(place, self.limit, " rules");
        }
        Some(())
    }

    fn too_many<T>(&mut self, place: &Place<'_>, limit: usize, what: &str) -> Option<T> {
        let mut count = String::new();
        number(limit, &mut count);
        self.refuse(place, &["has more than ", &count, what])
    }

    /// Refuses what stands there.
    pub(super) fn refuse<T>(&mut self, place: &Place<'_>, reason: &[&str]) -> Option<T> {
        place.write(&mut self.refusal);
        if self.refusal.is_empty() {
            self.refusal.push_str("table");
        }
        self.refusal.push_str(": ");
        reason.iter().for_each(|part| self.refusal.push_str(part));
        None
    }

    pub(super) fn members<'t>(&mut self, place: &Place<'_>, raw: &'t [u8]) -> Option<Members<'t>> {
        if kind(raw) != Kind::Object {
            return self.refuse(place, &["must be an object"]);
        }
        let mut tape = Tape::default();
        tape.read(raw);
        let mut members: Members<'t> = Vec::new();
        for (key, value) in tape.members(raw) {
            let key = str_of(key);
            if !is_plain(key) {
                return self.refuse(place, &["a key ", NOT_PLAIN]);
            }
            if get(&members, key).is_some() {
                return self.refuse(&place.key(key), &["stands here twice"]);
            }
            members.push((key, value));
            if members.len() > self.limit {
                return self.too_many(place, self.limit, " members");
            }
        }
        Some(members)
    }

    /// The same, with none but these keys; `what` says of what.
    pub(super) fn closed<'t>(
        &mut self,
        place: &Place<'_>,
        raw: &'t [u8],
        keys: &[&'static str],
        what: &str,
    ) -> Option<Members<'t>> {
        let members = self.members(place, raw)?;
        let words = Words { what, at: &|at| keys.get(at).copied(), small: false };
        for (key, _) in &members {
            self.choose(&place.key(key), key, &words)?;
        }
        Some(members)
    }

    pub(super) fn text<'t>(&mut self, place: &Place<'_>, raw: &'t [u8]) -> Option<&'t str> {
        if kind(raw) != Kind::String {
            return self.refuse(place, &["must be a text"]);
        }
        let text = str_of(text::inner(raw));
        if is_plain(text) { Some(text) } else { self.refuse(place, &[NOT_PLAIN]) }
    }

    /// The text that must stand at `key`.
    pub(super) fn text_at<'t>(
        &mut self,
        place: &Place<'_>,
        members: &Members<'t>,
        key: &str,
    ) -> Option<&'t str> {
        match get(members, key) {
            Some(raw) => self.text(&place.key(key), raw),
            None => self.refuse(place, &["lacks \"", key, "\""]),
        }
    }

    /// The index of the word `given`.
    pub(super) fn choose(
        &mut self,
        place: &Place<'_>,
        given: &str,
        words: &Words<'_>,
    ) -> Option<usize> {
        let found = words.position(given);
        if found.is_some() {
            return found;
        }
        let mut reason = String::new();
        quote(given, &mut reason);
        reason.push_str(" is no ");
        reason.push_str(words.what);
        words.suggest(given, &mut reason);
        self.refuse(place, &[&reason])
    }
}

const NOT_PLAIN: &str = "holds a quote, a backslash, a control character or half a surrogate pair";

fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| byte == b'\\')
}

/// The table with every text as plain as it can be: only what must be escaped
/// still is, and is refused where it stands. So texts can be read as they lie.
fn plain(table: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = table.trim_ascii();
    while let Some(quote) = rest.iter().position(|byte| *byte == b'"') {
        let end = scan::string_end(rest, quote).unwrap_or(rest.len());
        let (before, after) = rest.split_at_checked(end).unwrap_or_default();
        let raw = before.get(quote..).unwrap_or_default();
        out.extend_from_slice(before.get(..quote).unwrap_or_default());
        let mut decoded = Vec::new();
        let exact = text::decode(text::inner(raw), &mut decoded);
        let must = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        if exact && !decoded.iter().any(must) {
            out.push(b'"');
            out.append(&mut decoded);
            out.push(b'"');
        } else {
            out.extend_from_slice(raw);
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}
