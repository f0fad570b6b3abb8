//! The JSON scanner, the tape and the text decoder against `serde_json`.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use pagetap::json::scan::{MAX_DEPTH, is_json, skip_space, value_end};
use pagetap::json::tape::{DEPTH, Tape, elements};
use pagetap::json::{Kind, integer, kind, text};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

/// Whether serde finds one JSON value here, by the grammar alone: it neither
/// builds the value nor asks whether a number or an escape makes sense, which
/// is also how `JSON.parse` tells valid from invalid.
fn serde_accepts(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Any JSON value, nested less deep than serde's limit of 128.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        "[\"\\\\\n\u{1}\u{7f}é🌊/ab]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"\\\\é]{0,2}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// JSON as text, in one of its spellings: compact or with white space.
fn spelled() -> impl Strategy<Value = (Value, String)> {
    (json(), any::<bool>(), "[ \t\r\n]{0,3}").prop_map(|(value, pretty, space)| {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            serde_json::to_string(&value).unwrap()
        };
        (value, format!("{space}{text}{space}"))
    })
}

/// What breaks JSON, and what almost does.
const PIECES: [&str; 32] = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83c", "\\u0041", "\\x", "0", "1", "-",
    "+", ".", "e", "E", "1e5", "01", "true", "false", "null", "nul", "\u{0}", "\u{1f}", "\u{feff}",
    "\u{a0}", " ", "\n", "é",
];

fn fragments() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..16)
        .prop_map(|pieces| pieces.concat())
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(is_json(text.as_bytes()), serde_accepts(text), "{:?}", text);
    prop_assert_eq!(Tape::default().read(text.as_bytes()), serde_accepts(text), "{:?}", text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_serde_writes_is_json((_, text) in spelled()) {
        prop_assert!(is_json(text.as_bytes()), "{:?}", text);
        let start = skip_space(text.as_bytes(), 0);
        let end = value_end(text.as_bytes(), start);
        prop_assert_eq!(end, Some(text.trim_end().len()));
    }

    #[test]
    fn damaged_json_is_judged_as_serde_does(
        (_, text) in spelled(),
        at in any::<prop::sample::Index>(),
        removed in 0usize..3,
        piece in prop::sample::select(PIECES.to_vec()),
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len() + 1);
        let to = (at + removed).min(characters.len());
        characters.splice(at..to, piece.chars());
        agrees(&characters.into_iter().collect::<String>())?;
    }

    #[test]
    fn cut_json_is_judged_as_serde_does((_, text) in spelled()) {
        for (at, _) in text.char_indices() {
            agrees(&text[..at])?;
        }
    }

    #[test]
    fn fragments_are_judged_as_serde_does(text in fragments()) {
        agrees(&text)?;
        agrees(&format!("[{text}]"))?;
        agrees(&format!("{{\"a\":{text}}}"))?;
        agrees(&format!("\"{text}\""))?;
    }

    #[test]
    fn any_text_is_judged_as_serde_does(text in any::<String>()) {
        agrees(&text)?;
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let json = is_json(&bytes);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            prop_assert_eq!(json, serde_accepts(text));
        }
        let mut tape = Tape::default();
        tape.read(&bytes);
        let _ = tape.at(&bytes, "/a/b");
        let _ = tape.members(&bytes).count();
        let _ = elements(&bytes).count();
        let _ = (kind(&bytes), integer(&bytes), text::inner(&bytes));
        for at in 0..=bytes.len() + 1 {
            prop_assert!(value_end(&bytes, at).is_none_or(|end| end > at && end <= bytes.len()));
        }
        let mut decoded = Vec::new();
        text::decode(&bytes, &mut decoded);
    }
}

/// JSON has no opinion on what an escape means (RFC 8259, section 8.2):
/// `JSON.parse` takes a lone surrogate, and so does the scanner. serde's grammar
/// does too; only its strings, being UTF-8, cannot hold one.
#[test]
fn lone_surrogates_are_valid_json_as_in_javascript() {
    for text in [r#""\ud83c""#, r#""\udf0a""#, r#""\udf0a\ud83c""#, r#"{"\uD800":"\ud83cx"}"#] {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}: serde cannot hold it");
        assert!(serde_accepts(text), "{text}");
        assert!(is_json(text.as_bytes()), "{text}");
        assert!(Tape::default().read(text.as_bytes()), "{text}");
    }
}

/// As in JavaScript, where `JSON.parse("1e999")` is `Infinity`.
#[test]
fn numbers_that_no_double_can_hold_are_valid_json() {
    for text in
        ["1e999", "-1E+400", "123456789012345678901234567890", "0.0000000000000000000000001"]
    {
        assert!(is_json(text.as_bytes()) && serde_accepts(text), "{text}");
    }
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    [open.repeat(depth), "0".into(), close.repeat(depth)].concat()
}

#[test]
fn nesting_is_accepted_down_to_the_limit_and_refused_beyond() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\": ", "}]"), ("[ [0,", "] ]")] {
        let step = open.matches(['[', '{']).count();
        let deepest = nested(open, close, MAX_DEPTH / step);
        assert!(serde_accepts(&deepest), "the oracle has no limit here");
        assert!(is_json(deepest.as_bytes()), "{open}");
        let deeper = format!("[{deepest}]");
        assert!(!is_json(deeper.as_bytes()), "{open}");
    }
    let hostile = "[".repeat(1 << 20);
    assert!(!is_json(hostile.as_bytes()), "and costs neither stack nor memory");
    assert!(!Tape::default().read(hostile.as_bytes()));
}

#[test]
fn breadth_and_closed_containers_do_not_count_as_depth() {
    let wide = format!("[{}]", vec!["[{}]"; MAX_DEPTH * 4].join(","));
    assert!(is_json(wide.as_bytes()));
}

/// The value of a pointer of member names: unlike serde's, the tape's pointers
/// do not enter arrays.
fn member<'v>(value: &'v Value, names: &[String]) -> Option<&'v Value> {
    names.iter().try_fold(value, |value, name| value.as_object()?.get(name))
}

fn parsed(raw: &[u8]) -> Option<Value> {
    (!raw.is_empty()).then(|| serde_json::from_slice(raw).expect("a raw value is JSON"))
}

/// All paths of member names in a value, down to the tape's depth.
fn paths(value: &Value, above: &[String], out: &mut Vec<Vec<String>>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = [above, std::slice::from_ref(name)].concat();
        out.push(path.clone());
        if path.len() < DEPTH as usize {
            paths(value, &path, out);
        }
    }
}

/// Objects over few keys, so that lookups hit; spelled with duplicate and with
/// escaped keys.
fn object_text() -> impl Strategy<Value = String> {
    let leaf =
        prop::sample::select(vec!["1", "null", "\"x\"", "[{\"a\":1},2]", "{}", "[]", "true"]);
    let leaf = leaf.prop_map(String::from);
    leaf.prop_recursive(4, 60, 5, |inner| {
        let key = prop::sample::select(vec![
            "a",
            "b",
            "\\u0061",
            "\\u00e9",
            "é",
            "type",
            "\\u0074ype",
            "",
            "\\ud83c\\udf0a",
            "🌊",
            "t\\/",
        ]);
        let space = prop::sample::select(vec!["", " ", "\n"]);
        prop::collection::vec((key, inner, space), 0..5).prop_map(|members| {
            let member = |(key, value, space): &(&str, String, &str)| {
                format!("{space}\"{key}\"{space}:{space}{value}{space}")
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn the_tape_finds_what_serde_finds(text in object_text()) {
        let value: Value = serde_json::from_str(&text).unwrap();
        let mut tape = Tape::default();
        prop_assert!(tape.read(text.as_bytes()));
        let mut known = Vec::new();
        paths(&value, &[], &mut known);
        let near_misses = ["a", "b", "é", "type", "🌊", "t/", "0", "typ", "none"];
        let guesses = near_misses.iter().flat_map(|first| {
            near_misses.map(|second| vec![(*first).to_string(), second.to_string()])
        });
        for path in known.into_iter().chain(guesses) {
            if path.iter().any(|name| name.contains('/') || name.is_empty()) {
                continue; // tables name no such members
            }
            let pointer = format!("/{}", path.join("/"));
            let found = parsed(tape.at(text.as_bytes(), &pointer));
            prop_assert_eq!(found.as_ref(), member(&value, &path), "{} in {}", pointer, text);
        }
    }

    #[test]
    fn members_and_elements_are_the_values_in_order(text in object_text(), list in prop::collection::vec(object_text(), 0..5)) {
        let array = format!("[ {} ]", list.join(" ,\n"));
        let ours: Vec<&str> = elements(array.as_bytes()).map(|raw| std::str::from_utf8(raw).unwrap()).collect();
        let theirs: Vec<&RawValue> = serde_json::from_str(&array).unwrap();
        prop_assert_eq!(ours, theirs.into_iter().map(RawValue::get).collect::<Vec<_>>());

        let mut tape = Tape::default();
        tape.read(text.as_bytes());
        let mut rebuilt = serde_json::Map::new();
        for (key, raw) in tape.members(text.as_bytes()) {
            let mut name = Vec::new();
            prop_assert!(text::decode(key, &mut name));
            rebuilt.insert(String::from_utf8(name).unwrap(), parsed(raw).unwrap());
        }
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(Value::Object(rebuilt), if value.is_object() { value } else { Value::Object(Default::default()) });
    }

    #[test]
    fn text_is_decoded_and_encoded_as_serde_does(plain in any::<String>(), pairs in any::<bool>()) {
        let mut escaped = serde_json::to_string(&plain).unwrap();
        if pairs {
            // The same text with every character escaped.
            let units: String = plain.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            escaped = format!("\"{units}\"");
        }
        prop_assert_eq!(&serde_json::from_str::<String>(&escaped).unwrap(), &plain);
        let inner = text::inner(escaped.as_bytes());
        let mut decoded = Vec::new();
        prop_assert!(text::decode(inner, &mut decoded));
        prop_assert_eq!(std::str::from_utf8(&decoded).unwrap(), &*plain);
        if !plain.contains('\\') {
            prop_assert!(text::equals(inner, plain.as_bytes()));
        }
        let longer = format!("{plain}x");
        prop_assert!(!text::equals(inner, longer.as_bytes()));

        let mut encoded = b"\"".to_vec();
        text::encode(plain.as_bytes(), &mut encoded);
        encoded.push(b'"');
        prop_assert_eq!(serde_json::from_slice::<String>(&encoded).unwrap(), plain.clone());
        prop_assert_eq!(text::utf16_len(plain.as_bytes()) as usize, plain.encode_utf16().count());
    }

    /// `JSON.parse` gives UTF-16 with the lone halves in it; decoded to UTF-8, as
    /// `TextEncoder` does it, each becomes one U+FFFD.
    #[test]
    fn lone_surrogates_decode_to_replacements_and_are_told(
        units in prop::collection::vec(prop_oneof![0xd83cu16..0xd83e, 0xdf0au16..0xdf0c, 0x61u16..0x63], 0..8),
    ) {
        let inner: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let mut decoded = Vec::new();
        let exact = text::decode(inner.as_bytes(), &mut decoded);
        prop_assert_eq!(String::from_utf8(decoded).unwrap(), String::from_utf16_lossy(&units));
        prop_assert_eq!(exact, String::from_utf16(&units).is_ok());
    }

    /// In JSON inside of JSON the lone halves can stay.
    #[test]
    fn lone_surrogates_in_a_json_text_stay_what_they_are(
        units in prop::collection::vec(prop_oneof![0xd83cu16..0xd83e, 0xdf0au16..0xdf0c, 0x61u16..0x63], 0..8),
    ) {
        let inner: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let mut json = br#"""#.to_vec();
        text::decode_json(inner.as_bytes(), &mut json);
        json.push(b'"');
        // What is left escaped are the lone halves; the rest is text.
        let json = String::from_utf8(json).unwrap();
        let mut found = Vec::new();
        let mut rest = json.trim_matches('"');
        while let Some(at) = rest.find("\\u") {
            found.extend(rest[..at].encode_utf16());
            found.push(u16::from_str_radix(&rest[at + 2..at + 6], 16).unwrap());
            rest = &rest[at + 6..];
        }
        found.extend(rest.encode_utf16());
        prop_assert_eq!(found, units);
    }

    #[test]
    fn the_head_of_a_text_is_its_longest_beginning_in_whole_characters(plain in "[aé🌊]{0,8}", limit in 0usize..30) {
        let head = std::str::from_utf8(text::head(plain.as_bytes(), limit)).unwrap();
        prop_assert!(plain.starts_with(head) && head.len() <= limit);
        let next = plain[head.len()..].chars().next();
        prop_assert!(next.is_none_or(|next| head.len() + next.len_utf8() > limit));
    }

    #[test]
    fn integers_are_those_serde_reads_as_u32(number in prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u32>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        (4_294_967_290u64..4_294_967_300).prop_map(|number| number.to_string()),
    ]) {
        prop_assert_eq!(integer(number.as_bytes()), serde_json::from_str::<u32>(&number).ok());
    }

    #[test]
    fn a_values_kind_is_its_type((value, text) in spelled()) {
        let expected = match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::String,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
        };
        prop_assert_eq!(kind(text.trim_start().as_bytes()), expected);
    }
}

#[test]
fn only_whole_numbers_are_integers() {
    for (text, value) in [("0", Some(0)), ("4294967295", Some(u32::MAX)), ("4294967296", None)] {
        assert_eq!(integer(text.as_bytes()), value, "{text}");
    }
    for text in ["1.0", "1.000", "1e0", "1E+0", "1.0e-00"] {
        assert_eq!(integer(text.as_bytes()), Some(1), "{text}");
    }
    for text in ["", "-1", "-0", "1.5", "0.1", "1e2", "\"1\"", "null", " 1", "99999999999999999999"]
    {
        assert_eq!(integer(text.as_bytes()), None, "{text:?}");
    }
}

fn found(text: &str, pointer: &str) -> String {
    let mut tape = Tape::default();
    assert!(tape.read(text.as_bytes()), "{text}");
    String::from_utf8(tape.at(text.as_bytes(), pointer).to_vec()).unwrap()
}

#[test]
fn the_last_of_duplicate_keys_wins_with_all_that_is_in_it() {
    assert_eq!(found(r#"{"a":1,"a":2}"#, "/a"), "2");
    assert_eq!(found(r#"{"a":{"b":1},"a":{"c":2}}"#, "/a/b"), "", "as in JSON.parse");
    assert_eq!(found(r#"{"a":{"b":1},"\u0061":{"b":2}}"#, "/a/b"), "2", "however it is spelled");
}

#[test]
fn the_tape_reaches_its_depth_and_no_further() {
    let text = r#"{"a":{"b":{"c":{"d":1}}}}"#;
    assert_eq!(found(text, "/a/b/c"), r#"{"d":1}"#);
    assert_eq!(found(text, "/a/b/c/d"), "", "not indexed, hence not found");
}

#[test]
fn the_tape_does_not_look_into_arrays_and_plain_values() {
    assert_eq!(found(r#"{"a":[{"b":1}]}"#, "/a/b"), "");
    assert_eq!(found(r#"{"a":"b","b":2}"#, "/a/b"), "");
    assert_eq!(found(r#"[{"a":1}]"#, "/a"), "");
}

#[test]
fn a_tape_keeps_nothing_of_what_it_read_before() {
    let mut tape = Tape::default();
    assert!(tape.read(br#"{"a":1}"#));
    let broken = br#"{"a":1,"b":}"#;
    assert!(!tape.read(broken));
    assert_eq!(tape.at(broken, "/a"), b"");
    assert_eq!(tape.members(broken).count(), 0);
}

#[test]
fn an_escaped_backslash_is_one_backslash() {
    assert!(text::equals(br"a\\b", br"a\b"));
    assert!(!text::equals(br"a\\b", br"a\\b"));
}

#[test]
fn a_lone_surrogate_equals_no_name() {
    assert!(!text::equals(br"\ud800", "\u{fffd}".as_bytes()));
}
