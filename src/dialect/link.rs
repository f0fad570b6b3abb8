//! Links: a client and a server of JSON-RPC, and what they asked each other. A
//! link is a socket, or an address: over HTTP an answer may come on another
//! stream than its question.

use super::{Dialect, EventRule};
use crate::exchange::{Opening, Transport};
use crate::limits::Limits;
use crate::turn::append_number;
use alloc::string::String;
use alloc::vec::Vec;

/// All links.
#[derive(Debug, Default)]
pub(super) struct Links {
    list: Vec<Link>,
    /// Pipes so far, to tell them apart.
    pipes: u32,
    remembered: usize,
}

/// A client and a server.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Its name, which is the conversation's.
    pub name: Vec<u8>,
    dialect: Option<&'static Dialect>,
    /// Where the server wants messages posted to, if it said so.
    posts: String,
    /// What the server calls itself.
    pub server: Vec<u8>,
    /// The turn that the client said began last.
    pub turn: Vec<u8>,
    /// Questions without an answer, the oldest first.
    pub asked: Vec<Asked>,
}

/// A question without an answer.
#[derive(Debug)]
pub(super) struct Asked {
    /// By the page, or by the other side.
    pub by_page: bool,
    /// Its id, as it stood: `1` and `"1"` are two.
    pub id: Vec<u8>,
    /// On which pipe.
    pub pipe: u32,
    /// What its method means.
    pub rule: &'static EventRule,
    /// What its tool means by itself.
    pub tool: Option<&'static EventRule>,
    /// The tool.
    pub name: Vec<u8>,
    /// Its arguments, or what an initialization says: raw JSON.
    pub input: Vec<u8>,
    /// What its progress is called, raw JSON.
    pub token: Vec<u8>,
    /// When (ms).
    pub ts: f64,
    /// Another session has begun at the same address since.
    pub stale: bool,
}

/// What a pipe is to its link.
#[derive(Debug, Default)]
pub(super) struct Wire {
    url: String,
    method: String,
    socket: bool,
    /// Its number; 0 until it spoke.
    pub number: u32,
    /// The link's name, once it is known.
    pub link: Vec<u8>,
    /// It has ended its link: what follows on it says nothing more.
    pub over: bool,
}

impl Wire {
    pub fn new(opening: &Opening<'_>) -> Wire {
        Wire {
            url: opening.url.into(),
            method: opening.method.into(),
            socket: opening.transport == Transport::Socket,
            ..Wire::default()
        }
    }

    /// The page says by it that it is done with the server.
    pub fn ends_link(&self) -> bool {
        self.method == "DELETE"
    }

    /// It stays open for what the server says by itself.
    pub fn listens(&self) -> bool {
        !matches!(&*self.method, "POST" | "DELETE")
    }
}

impl Links {
    pub fn new(limits: &Limits) -> Links {
        Links { remembered: limits.remembered, ..Links::default() }
    }

    /// The dialect of a request whose own address and headers say nothing: the
    /// server named its address before.
    pub fn recognise(&self, wire: &Wire) -> Option<&'static Dialect> {
        let posts = wire.method == "POST";
        if wire.over || self.list.is_empty() || !posts && !wire.ends_link() {
            return None;
        }
        let name = name_of(&wire.url);
        let known = |link: &&Link| link.name == name || posts && link.posts == wire.url;
        self.list.iter().find(known)?.dialect
    }

    /// Takes the link of a pipe out, to be put back by [`Links::back`].
    pub fn take(&mut self, wire: &mut Wire, dialect: &'static Dialect) -> Link {
        if wire.number == 0 {
            self.pipes = self.pipes.wrapping_add(1).max(1);
            wire.number = self.pipes;
        }
        if wire.link.is_empty() {
            let posts =
                self.list.iter().find(|link| link.posts == wire.url && wire.method == "POST");
            wire.link = match posts {
                Some(link) => link.name.clone(),
                None => {
                    let mut name = name_of(&wire.url);
                    // A socket or an older event stream is a link of its own.
                    if wire.socket || dialect.ends_with_pipe && wire.listens() {
                        name.push(b'#');
                        append_number(wire.number, &mut name);
                    }
                    name
                }
            };
        }
        let mut link = match self.list.iter().position(|link| link.name == wire.link) {
            Some(at) => self.list.remove(at),
            None => Link { name: wire.link.clone(), ..Link::default() },
        };
        link.dialect = Some(dialect);
        link
    }

    /// Puts a link back. The calls of one that has to go for it are lost.
    pub fn back(&mut self, link: Link) -> usize {
        self.list.push(link);
        if self.list.len() <= self.remembered {
            return 0;
        }
        self.list.remove(0).asked.len()
    }
}

impl Link {
    /// The server names the address to post to.
    pub fn announce(&mut self, wire: &Wire, address: &str) {
        self.posts = resolve(&wire.url, address);
    }

    /// Remembers a question. How many had to be forgotten for it.
    pub fn ask(&mut self, asked: Asked, limits: &Limits) -> u32 {
        self.asked.push(asked);
        let bytes = |asked: &Asked| asked.input.len() + asked.token.len();
        let mut kept: usize = self.asked.iter().map(bytes).sum();
        let mut lost = 0;
        while self.asked.len() > limits.pending_tools
            || kept > limits.pending_bytes && self.asked.len() > 1
        {
            kept -= bytes(&self.asked.remove(0));
            lost += 1;
        }
        lost
    }

    /// The same question, not yet answered: sent again.
    pub fn repeats(&self, asked: &Asked) -> bool {
        self.asked.iter().any(|other| {
            let same = other.by_page == asked.by_page && other.id == asked.id;
            same && !other.stale && other.input == asked.input
        })
    }

    /// Takes the question of that id away. If there are several, it is the one on
    /// the same pipe, or else the newest session's.
    pub fn answered(&mut self, by_page: bool, id: &[u8], pipe: u32) -> Option<Asked> {
        let same = |asked: &Asked| asked.by_page == by_page && asked.id == id;
        let here = self.asked.iter().position(|asked| same(asked) && asked.pipe == pipe);
        let fresh = || self.asked.iter().position(|asked| same(asked) && !asked.stale);
        let at = here.or_else(fresh).or_else(|| self.asked.iter().position(same))?;
        Some(self.asked.remove(at))
    }
}

/// Origin and path of an address: where a server is.
fn place(url: &str) -> &str {
    let end = url.bytes().position(|byte| byte == b'?' || byte == b'#').unwrap_or(url.len());
    url.get(..end).unwrap_or_default()
}

/// What a link is called: where its server is, without what grants access.
fn name_of(url: &str) -> Vec<u8> {
    let mut name = place(url).as_bytes().to_vec();
    crate::secrets::cover(&mut name);
    name
}

/// An address that was given relative to another.
fn resolve(base: &str, address: &str) -> String {
    let host = base.find("://").map_or(0, |at| at + 3);
    let rest = base.get(host..).unwrap_or_default();
    let origin = host + rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let kept = if address.contains("://") {
        0
    } else if address.starts_with("//") {
        base.find("//").unwrap_or(0)
    } else if address.starts_with('/') {
        origin
    } else if address.starts_with('?') {
        place(base).len()
    } else {
        // Beside the base: up to its last slash.
        place(base).rfind('/').map_or(origin, |at| (at + 1).max(origin))
    };
    let mut out: String = base.get(..kept).unwrap_or_default().into();
    if kept == origin && !address.starts_with('/') && !address.contains("://") {
        out.push('/');
    }
    out.push_str(address.split('#').next().unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_from_the_stream_s_own() {
        let base = "https://h.example:8/a/sse?x=1";
        for (address, whole) in [
            ("/m?s=1", "https://h.example:8/m?s=1"),
            ("m?s=1#f", "https://h.example:8/a/m?s=1"),
            ("?s=1", "https://h.example:8/a/sse?s=1"),
            ("//o.example/m", "https://o.example/m"),
            ("http://o.example/m", "http://o.example/m"),
        ] {
            assert_eq!(resolve(base, address), whole);
        }
        assert_eq!(resolve("https://h.example", "m"), "https://h.example/m");
        assert_eq!(resolve("/a/sse", "/m"), "/m");
        assert_eq!(resolve("", "m"), "/m");
    }
}
