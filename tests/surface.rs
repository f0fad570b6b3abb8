//! The lists that are written down twice, for the compiler and for readers, are
//! equal: the core's names, `types.d.ts`, README.md.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use pagetap::dialect::overlay::RESERVED;
use pagetap::dialect::{Act, Agent, Content, Effect, Part, Query, Row, Rpc, Says};
use pagetap::event::RawKind;
use pagetap::hook::{Field, HookName};
use pagetap::notice::NoticeCode;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const TYPES: &str = "src/web/types.d.ts";
const README: &str = "README.md";

/// The tap's own notices are also delivered by this name.
const NOTICE: &str = "Notice";

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file} must be there: {error}"))
}

fn set<'n>(names: impl IntoIterator<Item = &'n str>) -> BTreeSet<String> {
    names.into_iter().map(String::from).collect()
}

fn hook_names() -> BTreeSet<String> {
    set(HookName::ALL.iter().map(|name| name.name()).chain([NOTICE]))
}

/// What stands between `start` and the next `end`, without comments.
fn between(text: &str, start: &str, end: &str) -> String {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("{TYPES} must hold `{start}`"));
    let (inside, _) = rest.split_once(end).unwrap_or_else(|| panic!("{start} must end"));
    let code = |line: &str| {
        let line = line.trim();
        let comment = line.starts_with("/*") || line.starts_with('*') || line.starts_with("//");
        if comment { String::new() } else { line.to_string() }
    };
    inside.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// The properties of an interface with one per line.
fn properties(types: &str, interface: &str) -> BTreeSet<String> {
    let inside = between(types, &format!("interface {interface} {{"), "\n}");
    let names = inside.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name);
    set(names.map(|name| name.trim_start_matches("readonly ").trim_matches(['?', '\'', '"'])))
}

/// The strings of a union.
fn union(types: &str, name: &str) -> BTreeSet<String> {
    let inside = between(types, &format!("type {name} ="), ";").replace('"', "'");
    set(inside.split('\'').skip(1).step_by(2))
}

#[test]
fn the_typed_event_map_has_every_hook_event() {
    assert_eq!(properties(&text(TYPES), "HookEventMap"), hook_names());
}

#[test]
fn every_event_type_carries_the_name_it_is_mapped_from() {
    let types = text(TYPES);
    let map = between(&types, "interface HookEventMap {", "\n}");
    for line in map.lines().filter(|line| !line.is_empty()) {
        let (name, event) = line.split_once(':').expect("a property");
        let event = event.trim().trim_end_matches(';');
        let tag = format!("type: '{name}';");
        let body = between(&types, &format!("interface {event} "), "\n}");
        assert!(body.contains(&tag), "{event} must have `{tag}`");
    }
}

#[test]
fn the_typed_notice_codes_are_those_of_the_core() {
    let core = set(NoticeCode::ALL.iter().map(|code| code.name()));
    assert_eq!(union(&text(TYPES), "NoticeCode"), core);
}

#[test]
fn the_typed_raw_kinds_are_those_of_the_core() {
    let core = set(RawKind::ALL.iter().map(|kind| kind.name()));
    assert_eq!(union(&text(TYPES), "RawKind"), core);
}

/// The names as words of a table, without those that need more than a word.
fn words<T>(list: &[(&str, Option<T>)]) -> BTreeSet<String> {
    let said = list.iter().filter(|(_, one)| one.is_some());
    let small = said.map(|(name, _)| name[..1].to_ascii_lowercase() + &name[1..]);
    small.collect()
}

#[test]
fn the_typed_words_of_tables_are_those_of_the_core() {
    let types = text(TYPES);
    assert_eq!(union(&types, "MessageAct"), words(Act::WORDS));
    let mut rows = words(Row::WORDS);
    rows.extend(words(Agent::WORDS));
    rows.extend(words(Query::WORDS));
    rows.extend(words(Rpc::WORDS));
    rows.insert("ignore".into());
    assert_eq!(union(&types, "SessionAct"), rows);
    assert_eq!(union(&types, "BlockKind"), words(Content::WORDS));
    assert_eq!(union(&types, "DeltaEffect"), words(Effect::WORDS));
    assert_eq!(union(&types, "RequestKind"), words(Says::WORDS));
    assert_eq!(union(&types, "PagePart"), words(Part::WORDS));
    let fields = Field::ALL.iter().filter(|field| !RESERVED.contains(field));
    assert_eq!(union(&types, "RuleField"), set(fields.map(|field| field.name())));
}

/// The first cells of the table that has a row for `UserPromptSubmit`.
#[test]
fn the_readme_has_a_row_for_every_hook_event() {
    let readme = text(README);
    let lines: Vec<&str> = readme.lines().collect();
    let row = lines.iter().position(|line| line.starts_with("| `UserPromptSubmit`"));
    let row = row.unwrap_or_else(|| panic!("{README} must have a table of hook events"));
    let is_row = |line: &&&str| line.starts_with('|');
    let above = lines[..row].iter().rev().take_while(is_row);
    let below = lines[row..].iter().take_while(is_row);
    let cells = above.chain(below).filter_map(|line| line.split('|').nth(1));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    assert_eq!(set(names), hook_names());
}

#[test]
fn no_name_stands_twice_in_a_list() {
    fn check(list: &str, names: impl Iterator<Item = &'static str>) {
        let names: Vec<&str> = names.collect();
        assert_eq!(set(names.iter().copied()).len(), names.len(), "{list}");
    }
    check("RawKind", RawKind::ALL.iter().map(|kind| kind.name()));
    check("HookName", HookName::ALL.iter().map(|name| name.name()));
    check("NoticeCode", NoticeCode::ALL.iter().map(|code| code.name()));
    check("Field", Field::ALL.iter().map(|field| field.name()));
}
