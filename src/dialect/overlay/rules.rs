//! One rule of a table, checked: an endpoint, a sign, an event, a block, a delta.

use super::apply::{Memory, key_of_sign};
use super::choice::Words;
use super::refusal::Path;
use super::values::{Members, fields, pointer, text};
use crate::dialect::{
    Act, Agent, BlockRule, Content, DeltaRule, Dialect, Effect, Endpoint, EventRule, FieldRule,
    Grammar, Query, Row, Rpc, Says, Sign, endpoint,
};
use crate::hook::HookName;
use alloc::string::String;
use alloc::vec::Vec;

/// What rules are read with.
pub(super) struct Reader<'r> {
    /// The dialect as it is before this table.
    dialect: &'static Dialect,
    memory: &'r mut Memory,
}

/// Wire names up to this long.
const NAME: usize = 200;

impl<'r> Reader<'r> {
    pub(super) fn new(dialect: &'static Dialect, memory: &'r mut Memory) -> Reader<'r> {
        Reader { dialect, memory }
    }

    pub(super) fn endpoint(
        &mut self,
        path: &Path<'_>,
        raw: &[u8],
    ) -> Result<(String, Endpoint), String> {
        let keys = ["method", "path", "says", "needs"];
        let given = Members::closed(path, raw, &keys, "key of an endpoint")?;
        let method = given.text(path, "method")?;
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let reason = "must be an HTTP method in capitals, or WS for a socket";
            return Err(path.key("method").refuse(&[reason]));
        }
        let pattern = given.text(path, "path")?;
        if let Some(fault) = endpoint::fault(&pattern) {
            return Err(path.key("path").refuse(&[fault]));
        }
        let says = given.text(path, "says")?;
        let grammar = self.dialect.grammar;
        let fits = |says: &Says| says.grammar() == grammar;
        let says = chosen(&path.key("says"), &says, "request of this dialect", Says::WORDS, fits)?;
        let mut needs: Vec<(String, String)> = Vec::new();
        if let Some(raw) = given.get("needs") {
            let path = path.key("needs");
            for (name, raw) in Members::of(&path, raw)?.each() {
                let small = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
                if name.is_empty() || !name.bytes().all(small) {
                    return Err(path.key(name).refuse(&["is no header's name in small letters"]));
                }
                needs.push((name.into(), text(&path.key(name), raw)?));
            }
        }
        let all = needs.iter().map(|(name, part)| (name.as_str(), part.as_str()));
        let key = endpoint::key(&method, &pattern, all.clone());
        let needs = all.map(|(name, part)| (self.memory.text(name), self.memory.text(part)));
        let needs = needs.collect();
        let rule = Endpoint {
            method: self.memory.text(&method),
            path: self.memory.text(&pattern),
            needs: self.memory.list(needs),
            says,
        };
        Ok((key, rule))
    }

    pub(super) fn sign(&mut self, path: &Path<'_>, raw: &[u8]) -> Result<(String, Sign), String> {
        let given = Members::closed(path, raw, &["event", "at", "prefix"], "key of a sign")?;
        let event = given.may(path, "event")?;
        let at = given.may(path, "at")?;
        let prefix = given.may(path, "prefix")?;
        if !at.is_empty() {
            pointer(&path.key("at"), &at)?;
        } else if event.is_empty() || !prefix.is_empty() {
            return Err(path.refuse(&["lacks \"at\": what shows the dialect"]));
        }
        let rule = Sign {
            event: self.memory.text(&event),
            at: self.memory.text(&at),
            prefix: self.memory.text(&prefix),
        };
        Ok((key_of_sign(&event, &at, &prefix), rule))
    }

    pub(super) fn event(
        &mut self,
        path: &Path<'_>,
        wire: &str,
        raw: &[u8],
    ) -> Result<EventRule, String> {
        let keys = ["act", "like", "hook", "unless", "when", "fields"];
        let given = Members::closed(path, raw, &keys, "key of an event's rule")?;
        self.wire(path, wire)?;
        let dialect = self.dialect;
        let known = |at: usize| {
            let events = dialect.events.iter().chain(dialect.control);
            events.map(|rule| (rule.wire, *rule)).nth(at)
        };
        let names = |at: usize| known(at).map(|rule| rule.0);
        let (act, like) = match one_of(path, &given, "act")? {
            Chosen::Like(name) => {
                let rule = known(like(path, &name, "event", &names)?);
                rule.map_or((Act::Ignore, &[][..]), |(_, rule)| (rule.act, rule.fields))
            }
            Chosen::Word(word) => (self.act(path, &given, &word)?, &[][..]),
        };
        let act = self.condition(path, &given, act)?;
        let fields = self.fields(path, &given, like, false)?;
        Ok(EventRule { wire: self.memory.text(wire), act, fields })
    }

    /// The act of that name, in the grammar of the dialect.
    fn act(&mut self, path: &Path<'_>, given: &Members<'_>, word: &str) -> Result<Act, String> {
        let hook = hook(path, given, word)?;
        let path = path.key("act");
        if let Some(hook) = hook {
            return Ok(Act::Emit(hook));
        }
        if self.dialect.grammar == Grammar::Blocks {
            return chosen(&path, word, "act in a dialect of messages", Act::WORDS, |_| true);
        }
        let list = session_words(self.dialect);
        let names = |at: usize| match at.checked_sub(2) {
            Some(at) => list.get(at).map(|(name, _)| *name),
            None => ["Ignore", "Emit"].get(at).copied(),
        };
        let words = Words { what: "act in a dialect of sessions", at: &names, small: true };
        let found = words.choose(&path, word)?.checked_sub(2).and_then(|at| list.get(at));
        Ok(found.map_or(Act::Ignore, |(_, act)| *act))
    }

    /// `unless` and `when`: what a hook event depends on.
    fn condition(&mut self, path: &Path<'_>, given: &Members<'_>, act: Act) -> Result<Act, String> {
        let (key, raw) = match (given.get("unless"), given.get("when")) {
            (None, None) => return Ok(act),
            (Some(raw), None) => ("unless", raw),
            (None, Some(raw)) => ("when", raw),
            _ => return Err(path.refuse(&["can have \"unless\" or \"when\", not both"])),
        };
        let path = path.key(key);
        let Act::Emit(name) = act else {
            return Err(path.refuse(&["stands with \"act\": \"emit\" only"]));
        };
        let given = Members::closed(&path, raw, &["at", "is"], "key of a condition")?;
        let at = given.text(&path, "at")?;
        pointer(&path.key("at"), &at)?;
        let is = given.text(&path, "is")?;
        let (at, is) = (self.memory.text(&at), self.memory.text(&is));
        Ok(if key == "when" { Act::When(name, at, is) } else { Act::Unless(name, at, is) })
    }

    pub(super) fn block(
        &mut self,
        path: &Path<'_>,
        wire: &str,
        raw: &[u8],
    ) -> Result<BlockRule, String> {
        let given = Members::closed(path, raw, &["is", "like", "fields"], "key of a block's rule")?;
        self.wire(path, wire)?;
        let blocks = self.dialect.blocks;
        let (is, like) = match one_of(path, &given, "is")? {
            Chosen::Like(name) => {
                let names = |at: usize| blocks.get(at).map(|rule| rule.wire);
                let rule = blocks.get(like(path, &name, "block", &names)?);
                rule.map_or((Content::Other, &[][..]), |rule| (rule.is, rule.fields))
            }
            Chosen::Word(word) => {
                let path = path.key("is");
                (chosen(&path, &word, "kind of block", Content::WORDS, |_| true)?, &[][..])
            }
        };
        let fields = self.fields(path, &given, like, false)?;
        Ok(BlockRule { wire: self.memory.text(wire), is, fields })
    }

    pub(super) fn delta(
        &mut self,
        path: &Path<'_>,
        wire: &str,
        raw: &[u8],
    ) -> Result<DeltaRule, String> {
        let keys = ["does", "like", "hook", "fields"];
        let given = Members::closed(path, raw, &keys, "key of a delta's rule")?;
        self.wire(path, wire)?;
        let deltas = self.dialect.deltas;
        let (does, like) = match one_of(path, &given, "does")? {
            Chosen::Like(name) => {
                let names = |at: usize| deltas.get(at).map(|rule| rule.wire);
                let rule = deltas.get(like(path, &name, "delta", &names)?);
                rule.map_or((Effect::Ignore, &[][..]), |rule| (rule.does, rule.fields))
            }
            Chosen::Word(word) => match hook(path, &given, &word)? {
                Some(hook) => (Effect::Emit(hook), &[][..]),
                None => {
                    let path = path.key("does");
                    (chosen(&path, &word, "effect of a delta", Effect::WORDS, |_| true)?, &[][..])
                }
            },
        };
        let grows =
            matches!(does, Effect::Text | Effect::Json | Effect::Compaction | Effect::CitationEnd);
        let fields = self.fields(path, &given, like, grows)?;
        Ok(DeltaRule { wire: self.memory.text(wire), does, fields })
    }

    /// Where the fields stand. `grows`: the first of them is what grows.
    fn fields(
        &mut self,
        path: &Path<'_>,
        given: &Members<'_>,
        like: &'static [FieldRule],
        grows: bool,
    ) -> Result<&'static [FieldRule], String> {
        let places = given.get("fields").map(|raw| fields(&path.key("fields"), raw, like));
        let places = places.transpose()?;
        let first = match &places {
            Some(places) => places.first().map(|(_, at)| at.as_str()),
            None => like.first().map(|rule| rule.1),
        };
        if grows && !first.is_some_and(|at| at.starts_with('/')) {
            return Err(path.refuse(&["lacks a field: the first says where the piece stands"]));
        }
        let Some(places) = places else { return Ok(like) };
        let rules = places.iter().map(|(field, at)| FieldRule(*field, self.memory.text(at)));
        let rules = rules.collect();
        Ok(self.memory.list(rules))
    }

    /// A name as records are compared with it.
    fn wire(&self, path: &Path<'_>, wire: &str) -> Result<(), String> {
        let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
        if wire.len() > NAME || !wire.bytes().all(plain) {
            return Err(path.refuse(&["a name is at most 200 plain ASCII characters"]));
        }
        let family = wire.find('/').is_some_and(|at| wire.get(at..) == Some("/*"));
        let families = self.dialect.grammar == Grammar::Rows;
        if wire.contains('*') && !(families && family) {
            return Err(
                path.refuse(&["\"*\" stands for all kinds of a row only, as in \"system/*\""])
            );
        }
        Ok(())
    }

    /// Only dialects of messages have blocks and deltas of their own.
    pub(super) fn has_blocks(&self, path: &Path<'_>) -> Result<(), String> {
        if self.dialect.grammar == Grammar::Blocks {
            return Ok(());
        }
        let reason = "\" has none of its own: its messages are read by \"messages\"";
        Err(path.refuse(&["\"", self.dialect.name, reason]))
    }
}

/// The words of whoever reads the dialect's rows.
fn session_words(dialect: &Dialect) -> Vec<(&'static str, Act)> {
    fn list<T: Copy>(
        words: &[(&'static str, Option<T>)],
        act: impl Fn(T) -> Act,
    ) -> Vec<(&'static str, Act)> {
        words.iter().filter_map(|(name, one)| Some((*name, act((*one)?)))).collect()
    }
    let read = dialect.events.iter().find_map(|rule| match rule.act {
        Act::Agent(_) => Some(list(Agent::WORDS, Act::Agent)),
        Act::Query(_) => Some(list(Query::WORDS, Act::Query)),
        Act::Rpc(_) => Some(list(Rpc::WORDS, Act::Rpc)),
        _ => None,
    });
    read.unwrap_or_else(|| list(Row::WORDS, Act::Row))
}

/// What a rule does: a word, or as another rule.
enum Chosen {
    Word(String),
    Like(String),
}

fn one_of(path: &Path<'_>, given: &Members<'_>, key: &str) -> Result<Chosen, String> {
    match (given.get(key).is_some(), given.get("like").is_some()) {
        (true, false) => Ok(Chosen::Word(given.text(path, key)?)),
        (false, true) => {
            hook(path, given, "")?;
            Ok(Chosen::Like(given.text(path, "like")?))
        }
        _ => Err(path.refuse(&["must have either \"", key, "\" or \"like\""])),
    }
}

/// The index of the rule that another is to be like.
fn like(
    path: &Path<'_>,
    given: &str,
    what: &str,
    at: &dyn Fn(usize) -> Option<&'static str>,
) -> Result<usize, String> {
    let what = &[what, " of this dialect"].concat();
    let known = (0..).map_while(at).position(|name| name == given);
    known.map_or_else(|| Words { what, at, small: false }.choose(&path.key("like"), given), Ok)
}

/// The hook event to emit, where the word is `emit`.
fn hook(path: &Path<'_>, given: &Members<'_>, word: &str) -> Result<Option<HookName>, String> {
    if word != "emit" {
        return match given.get("hook") {
            Some(_) => Err(path.key("hook").refuse(&["stands with \"emit\" only"])),
            None => Ok(None),
        };
    }
    let name = given.text(path, "hook")?;
    let names = |at: usize| HookName::ALL.get(at).map(|hook| hook.name());
    let words = Words { what: "hook event", at: &names, small: false };
    Ok(HookName::ALL.get(words.choose(&path.key("hook"), &name)?).copied())
}

/// One of an enum by its name, if it fits.
fn chosen<T: Copy>(
    path: &Path<'_>,
    given: &str,
    what: &str,
    list: &'static [(&'static str, Option<T>)],
    fits: impl Fn(&T) -> bool,
) -> Result<T, String> {
    let names = |at: usize| {
        let (name, one) = list.get(at)?;
        // What a word cannot say has keys of its own, `emit` among the words.
        let sayable = one.as_ref().map_or(*name == "Emit", &fits);
        Some(if sayable { *name } else { "" })
    };
    let at = Words { what, at: &names, small: true }.choose(path, given)?;
    match list.get(at) {
        Some((_, Some(one))) => Ok(*one),
        _ => Err(path.refuse(&["is no word alone"])),
    }
}
