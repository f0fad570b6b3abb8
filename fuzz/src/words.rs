//! Words that mean something on the wires: a dictionary.

use pagetap::dialect::DIALECTS;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const WIRE: &[&str] = &[
    "data: ",
    "event: ",
    "id: ",
    "retry: ",
    "\n\n",
    "\r\n",
    "\r",
    ":",
    "\u{feff}",
    "\0",
    "\u{1e}",
    "\"type\":\"",
    "\"id\":\"",
    "\"index\":",
    "null",
    "true",
    "{}",
    "[]",
    "\"\\ud800\"",
    "1e999",
    "-0",
    "\"__proto__\"",
    "\\u0000",
    "🌊",
    "//user:secret@host/",
    "sk-ant-api03-",
    "Bearer ",
];

static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |dialect: &'static pagetap::dialect::Dialect| {
        let events = dialect.events.iter().map(|rule| rule.wire);
        let blocks = dialect.blocks.iter().map(|rule| rule.wire);
        events.chain(blocks)
    };
    let known: BTreeSet<&str> = DIALECTS.iter().copied().flat_map(of).collect();
    known
        .into_iter()
        .chain(WIRE.iter().copied())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
});

/// All of them.
pub fn words() -> &'static [String] {
    &WORDS
}
