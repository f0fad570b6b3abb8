//! What grants access is covered, in every place and spelling it can have on the
//! wires, however the text is cut; what only looks like it stays.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use pagetap::framing::{FrameKind, Framer, Framing, Reading};
use pagetap::secrets::{Cut, cover};

fn covered(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    cover(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// `marked` has its secrets between `«` and `»`: those are covered, and nothing else.
#[track_caller]
fn covers(marked: &str) {
    let text = marked.replace(['«', '»'], "");
    let mut expected = String::new();
    for (index, part) in marked.split(['«', '»']).enumerate() {
        expected.push_str(&if index % 2 == 1 { "*".repeat(part.len()) } else { part.to_owned() });
    }
    assert_eq!(covered(&text), expected);
    assert_eq!(covered(&expected), expected, "covered once is covered");
    cuts(marked);
}

/// The same wherever a message ends: none of a secret's letters and digits is told. Those
/// of an escape do not count: part of it may be taken for a quote, and shows nothing.
#[track_caller]
fn cuts(marked: &str) {
    let text = marked.replace(['«', '»'], "");
    let mut at = 0;
    let mut secret = vec![false; text.len()];
    for (index, part) in marked.split(['«', '»']).enumerate() {
        secret[at..at + part.len()].fill(index % 2 == 1);
        at += part.len();
    }
    for (at, _) in text.match_indices("\\u") {
        secret[at..at + 6].fill(false);
    }
    for at in 1..text.len() {
        for (step, messages) in
            [(text.len(), true), (1, true), (3, true), (7, true), (1, false), (3, false)]
        {
            let mut cut = Cut::default();
            let mut told = Vec::new();
            let (head, tail) = text.as_bytes().split_at(at);
            for piece in head.chunks(step).chain(tail.chunks(step)) {
                let mut piece = piece.to_vec();
                cut.cover(&mut piece, messages);
                told.extend_from_slice(&piece);
            }
            assert_eq!(told.len(), text.len());
            let shown = told
                .iter()
                .zip(&secret)
                .any(|(byte, secret)| *secret && byte.is_ascii_alphanumeric());
            assert!(!shown, "{at} {step} {messages} {}", String::from_utf8_lossy(&told));
        }
    }
}

#[test]
fn members_in_json_and_in_json_inside_json() {
    covers(r#"{"worker_jwt" : "«ey.x»","a":"b"}"#);
    covers(r#"{"t":"{\"token\":\"«abc»\"}","u":"v"}"#);
    covers(r#"{"t":"\\\"Token\\\":\\\"«abc»\\\",\\\"u\\\":1"}"#);
    covers(
        r#"{"accessToken":"«a»","X-Api-Key":"«b»","client-secret":"«c»","session_ingress_token":"«d»"}"#,
    );
    // The outer text ends first.
    covers(r#"{"t":"{\"token\":\"«AB»","b":"c"}"#);
}

#[test]
fn an_escaped_character_does_not_end_a_secret() {
    covers(r#"{"token":"«AB\/CD\u002bEF\"GH\\»","b":"c"}"#);
    covers(r#"{"t":"{\"token\":\"«AB\\/C\\\"D\\\\»\",\"b\":1}"}"#);
    covers(
        r#"{"a":"https:\/\/h\/x?token=«ab\/cd\u002Bef»\u0026y=z","b":"Bearer «ab\/cd\u002Bef\u003d»"}"#,
    );
}

#[test]
fn every_text_of_a_list_or_an_object() {
    covers(r#"{"cookie": ["«sid=abc»", "«b=\"c»" ],"x":["y"]}"#);
    covers(r#"{"headers": {"Authorization":["«Bearer abc»"],"accept":["x"]}}"#);
    covers(r#"{"token":{"type":"«oauth»","n":[1,true,null,{"deep":"«abc»"}],"k":"«d»"},"x":"y"}"#);
    covers(r#"{"cookies":[{"name":"«sid»","value":"«abc»","secure":true}],"a":[],"x":"y"}"#);
    covers(r#"{"t":"{\"cookie\": [\n  \"«sid=\\\"abc»\",\n\t\"«d»\"\n],\"x\":\"y\"}","u":"v"}"#);
    // It has no end: the text around it, or what is no JSON, ends it.
    covers(r#"{"t":"{\"cookie\":[\"«sid»\",","u":["v"]}"#);
    covers(r#"{"t":"{\"cookie\":[\"«sid»","u":["v"]}"#);
    covers(r#"the "token": ["«abc»" or {"a":"b"}"#);
    covers(r#"{"token":[]},{"cookie":{}},{"x":"y"}"#);
}

#[test]
fn names_and_values_of_their_own() {
    covers(r#"[["authorization","«Bearer abc»"],["accept","x"],["set-cookie",["«a»","«b»"]]]"#);
    covers(r#"["Host","h","X-Api-Key","«abc»","Accept","x"]"#);
    covers(r#"{"headers":[{"name":"Cookie","value":"«sid=abc»"},{"name":"accept","value":"x"}]}"#);
    covers(r#"{"t":"[{\"key\":\"password\",\n \"value\": \"«abc»\"}]"}"#);
}

#[test]
fn quotes_that_are_escaped_by_their_number() {
    covers(
        r#"{"t":"{\u0022token\u0022:\u0022«abc\\u0022d\\\\»\u0022,\u0022x\u0022:\u0022y\u0022}","u":"v"}"#,
    );
    covers(
        r#"{"t":"{\u0022cookie\u0022:[\u0022«abc»\u0022,\u0022«d»\u0022],\u0022x\u0022:\u0022y\u0022}"}"#,
    );
    // Only in JSON inside JSON; else it is a character of the text.
    covers(r#"{"token":"«abc\u0022def»","x":"y"}"#);
}

#[test]
fn names_with_escapes() {
    covers(r#"{"author\u0069zation":"«abc»","\u0074oken":["«d»"],"x":"y"}"#);
    covers(r#"{"t":"{\"author\\u0069zation\":\"«abc»\"}"}"#);
    covers("https://h.example/?acc%65ss%5Ftoken=«abc»&%74oken=«d»&x=y");
    covers("a=b&p%61ssword=«abc»&x=y");
}

#[test]
fn keys_that_tell_themselves() {
    covers("key AIza«SyA1234567890abcdefghijklmnopqrstu»!");
    covers("x sk-ant-«api03-abcdef_-12» y");
    covers("authorization: Bearer «abcdefgh.ij»");
    covers("x=Bearer%20«abcdefgh.ij»&y=Bearer+«abcdefgh»");
    covers("jwt eyJhbGciOi«JIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-d»,");
    covers("jwt eyJ0eXAiOi«JKV1QiLCJhbGciOiJIUzI1NiJ9.e30.abc_-d»,");
    covers("jwt eyJraWQiOi«IxIiwiYWxnIjoiSFMyNTYifQ.e30.abc_-d»,");
    covers("cookie sessionKey=«abcdefgh»; x");
    // Also where nothing stands before them, or what looks like their own beginning.
    covers("sk-ant-«api03-abcdef_-12»");
    covers("eyJeyJhbGciOi«JIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-d» sksk-ant-«api03-abcdef_-12»");
    covers("J K -sessionKey sk- session-Key=abcdefgh eyJ");
}

#[test]
fn names_in_any_spelling_of_their_first_letters() {
    covers(r#"{"token":"«a»","Token":"«b»","_token":"«c»","t-oken":"«d»","T_O_K_E_N":"«e»"}"#);
    covers(r#"{"t\u006fken":"«a»","\u0054oken":"«b»","--x-api-key":"«c»","X-Goog-Api-Key":"«d»"}"#);
    covers(r#"{"t":"a","to":"b","tokens":"c","okent":"d","":"e","0token":"f","ttoken":"g"}"#);
    covers("code=«a»&%63ode=«b»&c%6Fde=«c»&-code=«d»&cod=e&c=f");
}

#[test]
fn parameters_of_addresses_and_fields_of_forms() {
    covers("https://a.example/cb?code=«abc»&state=d&token=«e»#x");
    covers("https://a.example/cb#access_token=«abc»&token_type=x");
    covers(r#"{"url":"https://a.example/cb?state=d\u0026code=«abc»","n":6}"#);
    covers(r#"{"url":"https://a.example/cb?state\u003dd\u0026code\u003d«abc»\u0026n\u003d6"}"#);
    covers(r#"<a href="/cb?state=d&amp;code=«abc»&amp;n=6">"#);
    covers("access_token=«abc»&x=1");
    covers("grant_type=x&client_secret=«abc»&refresh_token=«d»");
    covers("u=https%3A%2F%2Fh%3Ftoken%3D«abc»&v");
    covers("u=https%253A%252F%252Fh%253Fa%253Db%2526token%253D«abc»&v");
    covers("p=%7B%22a%22%3A1%2C%22token%22%3A%22«abc%22%7D»&v=w");
    covers("--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n«abc&def»\r\n--b--");
}

#[test]
fn who_asks_in_an_address() {
    for text in [
        "wss://«ann:pw»@h.example/x",
        "wss://«ann:p%40w%2F»@h.example/x@y",
        "wss://«ann:p@w»@h.example/x",
        r#"{"u":"https:\/\/«ann:pw»@h.example\/x"}"#,
        "u=https%3A%2F%2F«ann%3Apw»%40h.example%2Fx%40y",
    ] {
        let (before, rest) = text.split_once('«').unwrap();
        let (secret, after) = rest.split_once('»').unwrap();
        let stars = "*".repeat(secret.len());
        assert_eq!(covered(&[before, secret, after].concat()), [before, &stars, after].concat());
    }
    // Where it is cut, the name alone says nothing yet, and a port is none.
    cuts(r#"{"u":"https://ann:«p%40wxyz»@h.example/x"}"#);
    for at in 1.."http://127.0.0.1:54321/x".len() {
        let mut told = "http://127.0.0.1:54321/x".as_bytes().to_vec();
        let mut cut = Cut::default();
        let (head, tail) = told.split_at_mut(at);
        assert_eq!((cut.cover(head, true), cut.cover(tail, true)), (0, 0), "{at}");
    }
}

#[test]
fn what_only_looks_like_one_stays() {
    for text in [
        r#"{"output_tokens":5,"tokens":"five","token":7,"progressToken":"p1","next_page_token":"n"}"#,
        r#"the "token" is short, code=1"#,
        r#"{"code":"print(1)","required":["token","repo"],"in":"cookie","name":"x"}"#,
        r#"{"type":"password","title":"value","name":"token","description":"x"}"#,
        r#"{"tokens":["a","b"],"token":null,"tokenizer":{"a":"b"}}"#,
        "AIzaShort sk-ant-x Bearer no. eyJhbGciOiShort eyes",
        "https://a.example/@me //x 50%26 of? 100%25 # token",
        r"C:\\token\\ \u00 \uD83D \\\",
    ] {
        assert_eq!(covered(text), text);
    }
}

#[test]
fn covering_twice_counts_once_and_keeps_the_length() {
    let mut bytes: Vec<u8> = br#"{"api_key":"abc","cookie":["d","e"]}"#.to_vec();
    let length = bytes.len();
    assert_eq!((cover(&mut bytes), cover(&mut bytes)), (3, 0));
    assert_eq!(bytes.len(), length);
}

#[test]
fn a_list_that_never_closes_does_not_cover_the_messages_after_it() {
    let mut cut = Cut::default();
    let told: Vec<String> = [r#"{"token": ["abc""#, r#"{"a":"b"}"#, r#"{"c":"d"}"#]
        .map(|text| {
            let mut bytes = text.as_bytes().to_vec();
            cut.cover(&mut bytes, true);
            String::from_utf8(bytes).unwrap()
        })
        .into();
    assert_eq!(told, [r#"{"token": ["***""#, r#"{"a":"b"}"#, r#"{"c":"d"}"#]);
}

#[test]
fn every_byte_is_looked_at_a_bounded_number_of_times() {
    // Would take hours otherwise.
    for piece in [
        "\\",
        "\"",
        "\\\"",
        "%25",
        "%22",
        "/",
        "?",
        "&amp;",
        "//a",
        "//a@",
        "\"-",
        "\"token\" ",
        "\"cookie\",",
        "\"cookie\",\"x\":",
        "\"cookie\":[",
        "\"token\":{\"a\":",
        "\"token\":\"\\",
        "sk-ant-",
        "Bearer ",
        "\\u0022",
        "\\u0022token\\u0022:",
        "\"name\":\"cookie\",\"value\"",
    ] {
        let text = piece.repeat((4 << 20) / piece.len());
        let mut whole = text.clone().into_bytes();
        cover(&mut whole);
        let mut cut = Cut::default();
        for chunk in text.into_bytes().chunks_mut(1000) {
            cut.cover(chunk, true);
        }
    }
}

#[test]
fn lines_of_an_event_stream_are_covered_each_alone_however_they_come() {
    let text = "data: \"token\": \"abc\ndata: \"x\"\n\ndata: {\"cookie\": [\"abc\"\ndata: \"y\"]}\n\ntoken=abc\n\n";
    let expected = text.replace("abc", "***");
    for step in 1..=text.len() {
        let mut framer = Framer::new(Framing::EventStream, Reading::Tolerant, 1000);
        let mut told = String::new();
        for chunk in text.as_bytes().chunks(step) {
            framer.reserve(chunk.len()).copy_from_slice(chunk);
            framer.commit(chunk.len());
            while let Some(frame) = framer.next_frame() {
                assert_ne!(frame.kind, FrameKind::Fragment);
                told += &String::from_utf8_lossy(frame.bytes.of(framer.bytes()));
            }
        }
        assert_eq!(told, expected, "in pieces of {step}");
    }
}

#[test]
fn a_message_that_ends_in_a_secret_covers_nothing_of_the_next_one() {
    for (framing, next) in [(Framing::Messages, "{\"a\":1}"), (Framing::Records, "ghi")] {
        let mut framer = Framer::new(framing, Reading::Tolerant, 1000);
        let mut told = Vec::new();
        for text in ["/messages?token=abc", next] {
            framer.reserve(text.len()).copy_from_slice(text.as_bytes());
            framer.commit(text.len());
            framer.next_message(true, b"", b"");
            told.push(String::from_utf8_lossy(framer.message().data).into_owned());
        }
        assert_eq!(told, ["/messages?token=***", next]);
    }
}

#[test]
fn a_parameter_is_counted_once_in_however_many_pieces_it_comes() {
    let text = b"GET /messages?token=sEcReT-1&s=1 https://mcp.example/?token=sEcReT-2";
    for step in 1..text.len() {
        let mut cut = Cut::default();
        let count = |piece: &[u8]| cut.cover(&mut piece.to_vec(), false);
        assert_eq!(text.chunks(step).map(count).sum::<u32>(), 2, "pieces of {step}");
    }
}

#[test]
fn each_text_of_a_list_is_counted_once_in_however_many_pieces_it_comes() {
    let text = br#"{"name":"x","cookie":["sEcReT-1",{"id":"sEcReT-2"}, 7, "sEcReT-3"],"next":"n"}"#;
    let escaped = br#"{\"cookie\":[\"sEcReT-1\",[\"sEcReT-2\"],\"sEcReT-3\"]}"#;
    for text in [text.as_slice(), escaped] {
        for step in 1..text.len() {
            let mut cut = Cut::default();
            let count = |piece: &[u8]| cut.cover(&mut piece.to_vec(), false);
            assert_eq!(text.chunks(step).map(count).sum::<u32>(), 3, "pieces of {step}");
        }
    }
}
