//! Where the members of a JSON object lie: one pass, one reused vector.
//!
//! Objects are indexed down to a given depth; arrays, and objects further down,
//! stay single raw values that whoever needs them reads on their own.

use super::{Span, scan, text};
use alloc::vec::Vec;

/// Members deeper than this are not indexed. `/content_block/caller/type` is the
/// deepest field any table names.
pub const DEPTH: u32 = 3;

/// One member of an indexed object.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The key, without its quotes, still escaped.
    key: Span,
    /// The value, quotes and brackets included.
    value: Span,
    /// The node after this member and everything inside it.
    next: usize,
}

/// An index over the members of one JSON object.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
}

impl Tape {
    /// Indexes `src`, which must be one JSON value. False, and an empty tape,
    /// when it is not valid JSON; a value that is no object has no members.
    pub fn read(&mut self, src: &[u8]) -> bool {
        self.nodes.clear();
        let at = scan::skip_space(src, 0);
        let whole =
            self.value(src, at, DEPTH).is_some_and(|end| scan::skip_space(src, end) == src.len());
        if !whole {
            self.nodes.clear();
        }
        whole
    }

    /// The raw value at `pointer`, a JSON Pointer (RFC 6901) of plain member
    /// names such as `/delta/text`. The last of duplicate keys wins, as in
    /// `JSON.parse`. Empty when there is none, which reads as null.
    pub fn at<'s>(&self, src: &'s [u8], pointer: &str) -> &'s [u8] {
        let mut from = 0;
        let mut to = self.nodes.len();
        let mut found = Span::default();
        for name in pointer.as_bytes().split(|byte| *byte == b'/').skip(1) {
            let mut hit = None;
            let mut index = from;
            while index < to {
                let Some(node) = self.nodes.get(index) else {
                    break;
                };
                if text::equals(node.key.of(src), name) {
                    hit = Some((node.value, index + 1, node.next));
                }
                index = node.next;
            }
            let Some((value, first, next)) = hit else {
                return &[];
            };
            found = value;
            from = first;
            to = next;
        }
        found.of(src)
    }

    /// The members of the indexed object at the top: key (escaped) and value.
    pub fn members<'s>(&self, src: &'s [u8]) -> impl Iterator<Item = (&'s [u8], &'s [u8])> {
        let mut index = 0;
        core::iter::from_fn(move || {
            let node = self.nodes.get(index)?;
            index = node.next;
            Some((node.key.of(src), node.value.of(src)))
        })
    }

    fn value(&mut self, src: &[u8], at: usize, depth: u32) -> Option<usize> {
        if depth == 0 || src.get(at) != Some(&b'{') {
            return scan::value_end(src, at);
        }
        let mut at = scan::skip_space(src, at + 1);
        if src.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        loop {
            let key = Span { start: at + 1, end: scan::string_end(src, at)? - 1 };
            let start = scan::key_end(src, at)?;
            let index = self.nodes.len();
            self.nodes.push(Node { key, value: Span::default(), next: 0 });
            let end = self.value(src, start, depth - 1)?;
            let next = self.nodes.len();
            if let Some(node) = self.nodes.get_mut(index) {
                node.value = Span { start, end };
                node.next = next;
            }
            at = scan::skip_space(src, end);
            match *src.get(at)? {
                b',' => at = scan::skip_space(src, at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }
}

/// The elements of a raw JSON array; nothing for any other value.
pub fn elements(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = match raw.first() {
        Some(b'[') => scan::skip_space(raw, 1),
        _ => raw.len(),
    };
    core::iter::from_fn(move || {
        let start = at;
        let end = scan::value_end(raw, start)?;
        at = scan::skip_space(raw, end);
        if raw.get(at) == Some(&b',') {
            at = scan::skip_space(raw, at + 1);
        }
        raw.get(start..end)
    })
}
