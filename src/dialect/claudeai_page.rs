//! How claude.ai shows a conversation. Data only.
//!
//! Undocumented by its vendor, so every row is an observation: expect drift, and see
//! `mapClaudeDOM()`. Selectors go by `data-testid`, state and structure, never by
//! what people read, which is translated. Of several the first are what a page
//! offers on purpose, those behind them what it happened to have.

use super::{Page, Part};

pub(super) static PAGE: Page = Page {
    paths: &["/chat/{conversation}", "/new"],
    parts: &[
        // The scroll port around messages and composer.
        (Part::Conversation, r#"[data-testid="conversation"], [data-autoscroll-container]"#),
        (Part::User, r#"[data-testid="user-message"], .font-user-message"#),
        // The wrapper of a streamed answer, and its name by font, today's and the older.
        (
            Part::Assistant,
            r#"[data-testid="assistant-message"], [data-is-streaming], .font-claude-response, .font-claude-message"#,
        ),
        // Settled and growing markdown.
        (
            Part::Text,
            r#"[data-testid="assistant-text"], .standard-markdown, .progressive-markdown"#,
        ),
        (Part::Growing, r#"[data-is-streaming="true"]"#),
        (Part::Tool, r#"[data-testid="tool-card"]"#),
        (Part::ToolName, r#"[data-testid="tool-name"]"#),
        (Part::ToolDone, r#"[data-testid="tool-card"][data-state="done"]"#),
        (Part::ToolFailed, r#"[data-testid="tool-card"][data-state="error"]"#),
        (Part::Permission, r#"[data-testid="permission-dialog"]"#),
        (Part::Stop, r#"[data-testid="stop-button"]"#),
        (Part::Send, r#"[data-testid="send-button"]"#),
    ],
    conversation_id: "data-conversation-id",
};
