//! One rule of a table, checked: of an event, a block, a delta.

use super::RESERVED;
use super::acts::{act_at, sayable};
use super::apply::Rule;
use super::place::{Place, number};
use super::read::{Members, Reader, Words, get};
use crate::dialect::{
    Act, BlockRule, Content, DeltaRule, Dialect, Effect, EventRule, FieldRule, Grammar,
};
use crate::hook::{Field, HookName};
use crate::json::tape::{DEPTH, elements};
use crate::json::{Kind, kind};
use alloc::string::String;
use alloc::vec::Vec;

/// Wire names up to this long.
const NAME: usize = 200;

/// What an event, a block or a delta does.
#[derive(Clone, Copy)]
enum Deed {
    Act(Act),
    Content(Content),
    Effect(Effect),
}

/// What there is of one of the three.
struct Kinds<'k> {
    /// Where the word stands: `act`, `is` or `does`.
    verb: &'static str,
    /// What a rule is one of: "event".
    what: &'static str,
    /// The words, and what they say.
    words: Words<'k>,
    deed: &'k dyn Fn(usize) -> Option<Deed>,
    /// The dialect's rules: name, deed, fields.
    rule: &'k dyn Fn(usize) -> Option<(&'static str, Deed, &'static [FieldRule])>,
}

impl Reader<'_> {
    /// The rule of an event, a block or a delta, by the name on the wire. `list`
    /// is where it stands in the table.
    pub(super) fn named(
        &mut self,
        place: &Place<'_>,
        dialect: &Dialect,
        list: &str,
        wire: &str,
        raw: &[u8],
    ) -> Option<Rule> {
        let place = &place.key(wire);
        let messages = dialect.grammar == Grammar::Blocks;
        match list {
            "events" => {
                let words = |at| act_at(dialect, at).map(|(word, _)| word);
                let what = if messages {
                    "act in a dialect of messages"
                } else {
                    "act in a dialect of sessions"
                };
                let (deed, fields) = self.rule(
                    place,
                    raw,
                    &Kinds {
                        verb: "act",
                        what: "event",
                        words: Words { what, at: &words, small: true },
                        deed: &|at| act_at(dialect, at)?.1.map(Deed::Act),
                        rule: &|at| {
                            let control = || dialect.control.get(at - dialect.events.len());
                            let rule = dialect.events.get(at).or_else(control)?;
                            Some((rule.wire, Deed::Act(rule.act), rule.fields))
                        },
                    },
                )?;
                let Deed::Act(act) = deed else { return None };
                let wire = self.wire(place, wire, !messages)?;
                Some(Rule::Event(EventRule { wire, act, fields }))
            }
            "blocks" => {
                let (deed, fields) = self.rule(
                    place,
                    raw,
                    &Kinds {
                        verb: "is",
                        what: "block",
                        words: Words {
                            what: "kind of block",
                            at: &|at| Content::WORDS.get(at).and_then(sayable),
                            small: true,
                        },
                        deed: &|at| Content::WORDS.get(at)?.1.map(Deed::Content),
                        rule: &|at| {
                            let rule = dialect.blocks.get(at)?;
                            Some((rule.wire, Deed::Content(rule.is), rule.fields))
                        },
                    },
                )?;
                let Deed::Content(is) = deed else { return None };
                let wire = self.wire(place, wire, false)?;
                Some(Rule::Block(BlockRule { wire, is, fields }))
            }
            _ => {
                let (deed, fields) = self.rule(
                    place,
                    raw,
                    &Kinds {
                        verb: "does",
                        what: "delta",
                        words: Words {
                            what: "effect of a delta",
                            at: &|at| Effect::WORDS.get(at).and_then(sayable),
                            small: true,
                        },
                        deed: &|at| Effect::WORDS.get(at)?.1.map(Deed::Effect),
                        rule: &|at| {
                            let rule = dialect.deltas.get(at)?;
                            Some((rule.wire, Deed::Effect(rule.does), rule.fields))
                        },
                    },
                )?;
                let Deed::Effect(does) = deed else { return None };
                let wire = self.wire(place, wire, false)?;
                Some(Rule::Delta(DeltaRule { wire, does, fields }))
            }
        }
    }

    fn rule(
        &mut self,
        place: &Place<'_>,
        raw: &[u8],
        kinds: &Kinds<'_>,
    ) -> Option<(Deed, &'static [FieldRule])> {
        let keys = [kinds.verb, "like", "fields", "hook", "unless", "when"];
        // A block emits nothing of its own, a delta on no condition.
        let count = match kinds.verb {
            "act" => 6,
            "does" => 4,
            _ => 3,
        };
        let given = self.closed(place, raw, keys.get(..count)?, "key of a rule")?;
        let (deed, like) = match (get(&given, kinds.verb), get(&given, "like")) {
            (Some(b"\"emit\""), None) if count > 3 => {
                let act = self.emitted(place, &given)?;
                let effect = match act {
                    Act::Emit(hook) if kinds.verb == "does" => Deed::Effect(Effect::Emit(hook)),
                    _ => Deed::Act(act),
                };
                (effect, &[][..])
            }
            (Some(raw), None) => {
                let place = place.key(kinds.verb);
                let word = self.text(&place, raw)?;
                let at = self.choose(&place, word, &kinds.words)?;
                ((kinds.deed)(at)?, &[][..])
            }
            (None, Some(raw)) => {
                let place = place.key("like");
                let name = self.text(&place, raw)?;
                let names = |at: usize| (kinds.rule)(at).map(|rule| rule.0);
                let what = [kinds.what, " of this dialect"].concat();
                let words = Words { what: &what, at: &names, small: false };
                // One of them has no name.
                let at = match (0..).map_while(names).position(|known| known == name) {
                    Some(at) => at,
                    None => self.choose(&place, name, &words)?,
                };
                let (_, deed, fields) = (kinds.rule)(at)?;
                (deed, fields)
            }
            _ => {
                let reason = ["must have either \"", kinds.verb, "\" or \"like\""];
                return self.refuse(place, &reason);
            }
        };
        let emits = matches!(
            deed,
            Deed::Act(Act::Emit(_) | Act::Unless(..) | Act::When(..))
                | Deed::Effect(Effect::Emit(_))
        );
        for key in ["hook", "unless", "when"] {
            if get(&given, key).is_some() && (!emits || get(&given, "like").is_some()) {
                return self.refuse(&place.key(key), &["stands with \"emit\" only"]);
            }
        }
        let grows = matches!(
            deed,
            Deed::Effect(Effect::Text | Effect::Json | Effect::Compaction | Effect::CitationEnd)
        );
        Some((deed, self.fields(place, &given, like, grows)?))
    }

    /// A hook event that needs no state, and what it depends on.
    fn emitted(&mut self, place: &Place<'_>, given: &Members<'_>) -> Option<Act> {
        let hook = self.text_at(place, given, "hook")?;
        let names = |at: usize| HookName::ALL.get(at).map(|hook| hook.name());
        let words = Words { what: "hook event", at: &names, small: false };
        let hook = self.choose(&place.key("hook"), hook, &words)?;
        let hook = *HookName::ALL.get(hook)?;
        let (key, raw) = match (get(given, "unless"), get(given, "when")) {
            (None, None) => return Some(Act::Emit(hook)),
            (Some(raw), None) => ("unless", raw),
            (None, Some(raw)) => ("when", raw),
            _ => return self.refuse(place, &["can have \"unless\" or \"when\", not both"]),
        };
        let place = place.key(key);
        let given = self.closed(&place, raw, &["at", "is"], "key of a condition")?;
        let at = self.text_at(&place, &given, "at")?;
        self.pointer(&place.key("at"), at)?;
        let is = self.text_at(&place, &given, "is")?;
        let (at, is) = (self.memory.text(at), self.memory.text(is));
        Some(if key == "when" { Act::When(hook, at, is) } else { Act::Unless(hook, at, is) })
    }

    /// Where the fields stand, over those of a rule that is like this one.
    /// `grows`: the first of them is what grows.
    fn fields(
        &mut self,
        place: &Place<'_>,
        rule: &Members<'_>,
        like: &'static [FieldRule],
        grows: bool,
    ) -> Option<&'static [FieldRule]> {
        let raw = get(rule, "fields");
        let mut given: Vec<(Field, &str)> = Vec::new();
        for (name, value) in self.members(&place.key("fields"), raw.unwrap_or(b"{}"))? {
            let above = place.key("fields");
            let place = above.key(name);
            let names = |at: usize| {
                let field: &Field = Field::ALL.get(at)?;
                Some(if RESERVED.contains(field) { "" } else { field.name() })
            };
            let words = Words { what: "field a rule can set", at: &names, small: false };
            let field = *Field::ALL.get(self.choose(&place, name, &words)?)?;
            if kind(value) != Kind::Array {
                given.push((field, self.stand(&place, value)?));
                continue;
            }
            let before = given.len();
            for (index, one) in elements(value).enumerate() {
                given.push((field, self.stand(&place.item(index), one)?));
            }
            if given.len() == before {
                return self.refuse(&place, &["must name a place"]);
            }
        }
        // What is given takes the place of what was there: the first may be what grows.
        let mut all: Vec<(Field, &str)> = Vec::new();
        for FieldRule(field, at) in like {
            if given.iter().all(|new| new.0 != *field) {
                all.push((*field, at));
            } else if all.iter().all(|known| known.0 != *field) {
                all.extend(given.iter().filter(|new| new.0 == *field));
            }
        }
        all.extend(given.iter().filter(|new| like.iter().all(|rule| rule.0 != new.0)));
        if grows && !all.first().is_some_and(|first| first.1.starts_with('/')) {
            return self.refuse(place, &["lacks a field: the first says where the piece stands"]);
        }
        if raw.is_none() {
            return Some(like);
        }
        let mut rules = Vec::new();
        for (field, at) in all {
            rules.push(FieldRule(field, self.memory.text(at)));
        }
        Some(self.memory.list(rules))
    }

    /// Where a field stands: a pointer, `""` for the whole record, or `=` and a text.
    fn stand<'t>(&mut self, place: &Place<'_>, raw: &'t [u8]) -> Option<&'t str> {
        let at = self.text(place, raw)?;
        if !at.is_empty() && !at.starts_with('=') {
            self.pointer(place, at)?;
        }
        Some(at)
    }

    /// A JSON Pointer that records are indexed deep enough for.
    pub(super) fn pointer(&mut self, place: &Place<'_>, pointer: &str) -> Option<()> {
        let deep = pointer.bytes().filter(|byte| *byte == b'/').count();
        if !pointer.starts_with('/') {
            self.refuse(place, &["must be a JSON Pointer, \"/\" before each name"])
        } else if pointer.bytes().any(|byte| byte == b'~') {
            self.refuse(place, &["\"~\" is not understood: a pointer names plain members"])
        } else if deep > DEPTH as usize {
            let (mut is, mut may) = (String::new(), String::new());
            number(deep, &mut is);
            number(DEPTH as usize, &mut may);
            self.refuse(place, &["goes ", &is, " deep; records are read ", &may, " deep"])
        } else {
            Some(())
        }
    }

    /// A name as records are compared with it. `families`: all of a type may be
    /// meant.
    fn wire(&mut self, place: &Place<'_>, wire: &str, families: bool) -> Option<&'static str> {
        if wire.len() > NAME || !wire.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return self.refuse(place, &["a name is at most 200 plain ASCII characters"]);
        }
        let slash = wire.bytes().position(|byte| byte == b'/');
        let family = slash.is_some_and(|at| wire.get(at..) == Some("/*"));
        if wire.bytes().any(|byte| byte == b'*') && !(families && family) {
            let reason = "\"*\" stands for all kinds of a row only, as in \"system/*\"";
            return self.refuse(place, &[reason]);
        }
        Some(self.memory.text(wire))
    }
}
