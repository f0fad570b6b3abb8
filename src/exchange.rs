//! What the caller says of an exchange: how it travels, where to, and what of it
//! arrives.

use crate::event::named;

/// Whether this build knows sessions, and with them messages.
pub const SESSIONS: bool = cfg!(feature = "sessions");

named! {
    /// How an exchange travels.
    Transport {
        /// `fetch`: a request, a response with a body.
        Fetch = "fetch",
        /// `XMLHttpRequest`: the same.
        Xhr = "xhr",
        /// `navigator.sendBeacon`: a request without an answer.
        Beacon = "beacon",
        /// `WebSocket`: messages both ways.
        Socket = "ws",
        /// `EventSource`: messages in, already taken apart by the browser.
        EventSource = "es",
    }
}

impl Transport {
    /// Whether it carries messages, not a body.
    pub fn has_messages(self) -> bool {
        SESSIONS && matches!(self, Transport::Socket | Transport::EventSource)
    }
}

/// Which way something goes, as the page sees it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// Received by the page.
    #[default]
    In,
    /// Sent by the page.
    Out,
}

/// How many ways there are: without messages, what the page sends is no stream.
pub const DIRECTIONS: usize = if SESSIONS { 2 } else { 1 };

/// What is known of an exchange before anything of it has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'o> {
    /// How it travels.
    pub transport: Transport,
    /// Where to; empty when it is not known.
    pub url: &'o str,
    /// HTTP method, `WS` for a socket; empty when it is not known.
    pub method: &'o str,
    /// Request headers worth a look, as lines of `name: value`, names in lower
    /// case; a socket's subprotocol as `sec-websocket-protocol`.
    pub headers: &'o str,
}

impl<'o> Opening<'o> {
    /// An exchange by `fetch` of whose headers nothing is known.
    pub fn fetch(url: &'o str, method: &'o str) -> Opening<'o> {
        Opening { transport: Transport::Fetch, url, method, headers: "" }
    }

    /// Whether a header has this part in its value. (On bytes: searching in text
    /// costs the module a kilobyte.)
    pub fn header_holds(&self, name: &str, part: &str) -> bool {
        self.headers.as_bytes().split(|byte| *byte == b'\n').any(|line| {
            let value = line.strip_prefix(name.as_bytes()).unwrap_or_default();
            value.first() == Some(&b':')
                && value.windows(part.len()).any(|window| window == part.as_bytes())
        })
    }
}

/// One message of a socket or an `EventSource`, as it is announced: its bytes
/// were reserved before.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// Whether its bytes are UTF-8 text; else they are binary.
    pub text: bool,
    /// The event's name (`EventSource`).
    pub event: &'a [u8],
    /// The last event ID (`EventSource`).
    pub last_event_id: &'a [u8],
    /// When, Unix milliseconds.
    pub ts: f64,
}

impl Arrival<'_> {
    /// A text without a name, at no time.
    pub fn text(direction: Direction) -> Arrival<'static> {
        Arrival { direction, text: true, event: b"", last_event_id: b"", ts: 0.0 }
    }
}
