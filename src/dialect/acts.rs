//! What single rows, messages and methods say: the words that tables use, a list
//! for each reader.

use super::words::words;

words! {
/// What an event of a Managed Agents session says. Read by `agent`.
Agent {
    /// The person's prompt.
    Prompt,
    /// The person's decision on a tool call.
    Confirm,
    /// The person interrupts.
    Interrupt,
    /// What a tool returned.
    Result,
    /// The assistant's message, whole.
    Message,
    /// An event is about to be told in pieces.
    Preview,
    /// A piece of it.
    Piece,
    /// A call of a tool.
    Call,
    /// A call of a tool that the page runs; nobody is asked for permission.
    OwnCall,
    /// A model request is over.
    Used,
    /// The session works.
    Runs,
    /// The session is idle, for a reason.
    Idle,
    /// Something failed.
    Failed,
    /// A subagent's thread begins, or works again.
    Thread,
    /// It is idle, for a reason.
    ThreadIdle,
    /// It is over.
    ThreadOver,
}
}

words! {
/// What a message of the enhanced server or its client says. Read by `query`.
Query {
    /// The server's hello.
    Hello,
    /// The page asks.
    Asked,
    /// The server takes the question up.
    Begins,
    /// The server breaks the query off.
    Interrupted,
    /// Blocks of an answer, and results of tools.
    Blocks,
    /// What the query came to.
    Result,
    /// The query is over.
    End,
    /// The query is over by the person's wish.
    Cancelled,
    /// Something failed, or was refused.
    Failed,
}
}

words! {
/// What a JSON-RPC method, a tool of its own meaning or an answer says. Read by
/// `rpc` and `calls`.
Rpc {
    /// The session begins.
    Initialize,
    /// A tool is called.
    Call,
    /// A request is withdrawn.
    Cancelled,
    /// Work on a request goes on.
    Progress,
    /// The server logs.
    Log,
    /// The person is asked for words.
    Elicit,
    /// A completion is asked for.
    Sample,
    /// A tool whose call asks for permission.
    Ask,
    /// A tool whose call says that a turn begins.
    Turn,
    /// An answer that grants it: a file is written.
    Saved,
    /// An answer that denies it.
    Rejected,
}
}
