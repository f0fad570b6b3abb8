//! Where a dialect is spoken, and how it shows: endpoints and signs, checked.

use super::apply::Rule;
use super::place::Place;
use super::read::{Reader, Words, get};
use crate::dialect::{Dialect, Endpoint, Says, Sign, endpoint};
use alloc::string::String;
use alloc::vec::Vec;

impl Reader<'_> {
    pub(super) fn endpoint(
        &mut self,
        place: &Place<'_>,
        raw: &[u8],
        dialect: &Dialect,
    ) -> Option<(String, Rule)> {
        const KEYS: &[&str] = &["method", "path", "says", "needs"];
        let given = self.closed(place, raw, KEYS, "key of an endpoint")?;
        let method = self.text_at(place, &given, "method")?;
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let reason = "must be an HTTP method in capitals, or WS for a socket";
            return self.refuse(&place.key("method"), &[reason]);
        }
        let path = self.text_at(place, &given, "path")?;
        if let Some(fault) = endpoint::fault(path) {
            return self.refuse(&place.key("path"), &[fault]);
        }
        let says = self.text_at(place, &given, "says")?;
        let names = |at: usize| {
            let (name, says) = Says::WORDS.get(at)?;
            let fits = says.is_some_and(|says| says.grammar() == dialect.grammar);
            Some(if fits { *name } else { "" })
        };
        let words = Words { what: "request of this dialect", at: &names, small: true };
        let says = self.choose(&place.key("says"), says, &words)?;
        let says = Says::WORDS.get(says)?.1?;
        let mut key = [method, " ", path].concat();
        let mut needs = Vec::new();
        if let Some(raw) = get(&given, "needs") {
            let place = place.key("needs");
            for (name, raw) in self.members(&place, raw)? {
                let place = place.key(name);
                let small = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
                if name.is_empty() || !name.bytes().all(small) {
                    return self.refuse(&place, &["is no header's name in small letters"]);
                }
                let part = self.text(&place, raw)?;
                [" ", name, ":", part].into_iter().for_each(|text| key.push_str(text));
                needs.push((self.memory.text(name), self.memory.text(part)));
            }
        }
        let (method, path) = (self.memory.text(method), self.memory.text(path));
        let needs = self.memory.list(needs);
        Some((key, Rule::Endpoint(Endpoint { method, path, needs, says })))
    }

    pub(super) fn sign(&mut self, place: &Place<'_>, raw: &[u8]) -> Option<(String, Rule)> {
        const KEYS: &[&str] = &["event", "at", "prefix"];
        let given = self.closed(place, raw, KEYS, "key of a sign")?;
        let mut texts = [""; 3];
        for (text, key) in texts.iter_mut().zip(KEYS) {
            if let Some(raw) = get(&given, key) {
                *text = self.text(&place.key(key), raw)?;
            }
        }
        let [event, at, prefix] = texts;
        if !at.is_empty() {
            self.pointer(&place.key("at"), at)?;
        } else if event.is_empty() || !prefix.is_empty() {
            return self.refuse(place, &["lacks \"at\": what shows the dialect"]);
        }
        let key = ["signs", event, at, prefix].join(" ");
        let [event, at, prefix] = texts.map(|text| self.memory.text(text));
        Some((key, Rule::Sign(Sign { event, at, prefix })))
    }
}
