//! Everything that went wrong, as data: a notice never stops anything, and
//! every loss has one with a count.

use crate::event::named;

named! {
    /// What a notice is about.
    NoticeCode {
        /// A content block never ended.
        BlockIncomplete = "block_incomplete",
        /// The stream speaks another dialect than its address promised.
        DialectChanged = "dialect_changed",
        /// A frame outgrew `bytes_per_stream`: kept raw, not translated. Counts its
        /// bytes.
        FrameTooLarge = "frame_too_large",
        /// A record that should be JSON is not: kept raw, not translated.
        InvalidJson = "invalid_json",
        /// The stream ended in the middle of a record: kept raw.
        RecordCut = "record_cut",
        /// A request body could not be read.
        RequestUnreadable = "request_unreadable",
        /// Secrets were covered: neither layer has them.
        SecretCovered = "secret_covered",
        /// The page ended or lost a stream we could not follow to its end.
        StreamUnobserved = "stream_unobserved",
        /// Something was too long to keep: a text that outgrew `text_per_block` is
        /// not repeated whole in summaries (it was delivered as it came).
        TextCut = "text_cut",
        /// A pending tool call was forgotten to stay in bounds.
        ToolForgotten = "tool_forgotten",
        /// A message has more blocks than `blocks_per_message`.
        TooManyBlocks = "too_many_blocks",
        /// A stream was not opened to stay in bounds: it is not tapped.
        TooManyStreams = "too_many_streams",
        /// A content block of a type no table knows, or of an `index` that is no
        /// number: kept raw.
        UnknownBlock = "unknown_block",
        /// A delta of a type no table knows, or for a block of another kind: kept
        /// raw.
        UnknownDelta = "unknown_delta",
        /// An event type no table knows: kept raw.
        UnknownEvent = "unknown_event",
    }
}
