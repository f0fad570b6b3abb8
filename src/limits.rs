//! Every bound in the core, its default, and what happens there.

/// Bounds on what the tap may hold. Reaching one never disturbs the page and is
/// always reported by a notice.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of an unfinished frame (or of a body without frames) kept per
    /// stream. Beyond it the frame goes out raw in fragments and is not
    /// translated. Default 16 MiB.
    pub bytes_per_stream: usize,
    /// Content blocks remembered per message; later ones are translated without
    /// their state. Default 4,096.
    pub blocks_per_message: usize,
    /// Streams open at once; further ones are not tapped. Default 1,024.
    pub open_streams: usize,
    /// Tool calls waiting for their result, over all streams, and results
    /// remembered; the oldest is forgotten first. Default 1,024.
    pub pending_tools: usize,
    /// Bytes of input kept in those calls. Default 16 MiB.
    pub pending_bytes: usize,
    /// Prompts, conversations and messages remembered, each, to tell a repeat
    /// from a new one. Default 128.
    pub remembered: usize,
    /// Ids of rows, messages, calls and questions remembered over all pipes of
    /// all sessions, to tell each once. Default 4,096.
    pub ids_remembered: usize,
    /// Bytes of text or tool input kept per content block for the event that
    /// sums it up. Default 4 MiB.
    pub text_per_block: usize,
    /// The same over all blocks of a message. Default 16 MiB.
    pub text_per_message: usize,
    /// Bytes of one table of rules that is added at run time. Default 256 KiB.
    pub table_bytes: usize,
    /// Rules that such tables add, together. Default 1,024.
    pub added_rules: usize,
    /// Bytes that such rules hold, together with those they replaced, which are
    /// not given back. A table beyond one of these bounds is refused. Default
    /// 4 MiB.
    pub added_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes_per_stream: 16 << 20,
            blocks_per_message: 4096,
            open_streams: 1024,
            pending_tools: 1024,
            pending_bytes: 16 << 20,
            remembered: 128,
            ids_remembered: 4096,
            text_per_block: 4 << 20,
            text_per_message: 16 << 20,
            table_bytes: 256 << 10,
            added_rules: 1024,
            added_bytes: 4 << 20,
        }
    }
}

/// Bytes of a prompt kept for the event that repeats it when another answer is
/// asked for; the rest is cut from that event.
pub const PROMPT_KEPT: usize = 64 << 10;

/// Bytes of an id or a tool's name; of a longer one a digest stands in.
pub const ID_KEPT: usize = 256;

/// Bytes of the usage in one record; longer ones are left out.
pub const USAGE_KEPT: usize = 64 << 10;

/// JSON may nest this deep. Deeper input counts as no JSON, so that a hostile
/// record costs nothing; no dialect nests past about twenty.
pub const MAX_DEPTH: usize = 512;

/// Turns, tool calls of none, and subagents of none that the exporter keeps open. Of
/// more, the oldest is exported as incomplete.
#[cfg(feature = "export")]
pub const OPEN_TURNS: usize = 256;

/// Events that all of those hang on together: they are stored until they do not. Of
/// more, the oldest turn is exported as incomplete.
#[cfg(feature = "export")]
pub const OPEN_EVENTS: usize = 8192;
