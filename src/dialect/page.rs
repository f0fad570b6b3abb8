//! What a page looks like in which a dialect is spoken.

use super::words::words;

/// How a page shows conversations: where they are, by address and by CSS selector.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Paths of the addresses that show one; `{conversation}` is where its id
    /// stands, `*` any other segment.
    pub paths: &'static [&'static str],
    /// What finds each part. One that is missing, or empty, is not looked for.
    pub parts: &'static [(Part, &'static str)],
    /// The attribute of a conversation's region that names it, where several are on
    /// screen; else the path does.
    pub conversation_id: &'static str,
}

words! {
/// A part of a conversation on screen.
Part {
    /// The region of one conversation: its messages and its controls.
    Conversation,
    /// A message of the person.
    User,
    /// A message of the assistant.
    Assistant,
    /// Inside such a message: what is its prose.
    Text,
    /// Such a message, or something in it, that still grows.
    Growing,
    /// A tool card, in such a message.
    Tool,
    /// Inside a card: whose text is the tool's name.
    ToolName,
    /// A card, or something in it, that is finished.
    ToolDone,
    /// The same, and it failed.
    ToolFailed,
    /// A dialog that asks the person to allow a call.
    Permission,
    /// The control that stops the turn; there while it runs.
    Stop,
    /// The control that sends; there while none runs.
    Send,
}
}
