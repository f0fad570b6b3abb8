//! What a table says of the page, checked. Only that: it is the page's side that
//! looks, and that keeps it; whether a selector is one, only a browser can tell.

use super::place::Place;
use super::read::{Reader, Words, get};
use crate::dialect::{Part, endpoint};
use crate::json::tape::elements;
use crate::json::{Kind, kind};

/// Keys besides the parts.
const PATHS: &str = "paths";
const ID: &str = "conversationId";

impl Reader<'_> {
    pub(super) fn page(&mut self, place: &Place<'_>, raw: &[u8]) -> Option<()> {
        let page = self.members(place, raw)?;
        let parts = Part::WORDS.len();
        let names = |at: usize| match at.checked_sub(parts) {
            None => Part::WORDS.get(at).map(|(name, _)| *name),
            Some(0) => Some(PATHS),
            Some(1) => Some(ID),
            Some(_) => None,
        };
        let words = Words { what: "part of a page", at: &names, small: true };
        for (key, raw) in &page {
            let place = place.key(key);
            self.choose(&place, key, &words)?;
            if *key != PATHS && kind(raw) != Kind::String {
                return self.refuse(&place, &["must be a text"]);
            }
        }
        if let Some(raw) = get(&page, ID) {
            let place = place.key(ID);
            let name = self.text(&place, raw)?;
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte);
            if !name.bytes().all(plain) {
                return self.refuse(&place, &["is no attribute's name"]);
            }
        }
        let Some(raw) = get(&page, PATHS) else { return Some(()) };
        let place = place.key(PATHS);
        if kind(raw) != Kind::Array {
            return self.refuse(&place, &["must be an array"]);
        }
        for (index, raw) in elements(raw).enumerate() {
            let place = place.item(index);
            let path = self.text(&place, raw)?;
            if let Some(fault) = endpoint::fault(path) {
                return self.refuse(&place, &[fault]);
            }
        }
        Some(())
    }
}
