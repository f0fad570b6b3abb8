//! Layer B's vocabulary: the closed union of hook events and their fields.
//!
//! Names and spelling follow the original `claude_hooks.js` and Claude Code's
//! hooks; `web/types.d.ts` gives the same list to TypeScript and a test keeps
//! the two equal.

use crate::event::named;

named! {
    /// Every hook event there is.
    HookName {
        /// A source was cited in the answer's text.
        Citation = "Citation",
        /// The assistant asks the person a question through a tool.
        Elicitation = "Elicitation",
        /// A piece of the answer's text.
        MessageDelta = "MessageDelta",
        /// The assistant's message is over, complete or not.
        MessageEnd = "MessageEnd",
        /// Blocks already shown were withdrawn.
        MessageRetract = "MessageRetract",
        /// The assistant's message begins.
        MessageStart = "MessageStart",
        /// Something the person should know: limits, sign-ins, tasks.
        Notification = "Notification",
        /// The person refused a tool call.
        PermissionDenied = "PermissionDenied",
        /// The person allowed a tool call.
        PermissionGranted = "PermissionGranted",
        /// A tool call waits for the person's permission.
        PermissionRequest = "PermissionRequest",
        /// The conversation was summarised.
        PostCompact = "PostCompact",
        /// Another model answers from here on.
        PostModelSwitch = "PostModelSwitch",
        /// A tool call came back.
        PostToolUse = "PostToolUse",
        /// A tool call failed.
        PostToolUseFailure = "PostToolUseFailure",
        /// The conversation is about to be summarised.
        PreCompact = "PreCompact",
        /// A tool call is complete as the model wrote it. Observed, never
        /// blockable: the decision is already made.
        PreToolUse = "PreToolUse",
        /// A conversation was seen for the first time.
        SessionStart = "SessionStart",
        /// The turn is over.
        Stop = "Stop",
        /// The turn ended in an error.
        StopFailure = "StopFailure",
        /// A piece of the thinking text.
        ThinkingDelta = "ThinkingDelta",
        /// A thinking block begins.
        ThinkingStart = "ThinkingStart",
        /// A line of the thinking summary.
        ThinkingSummary = "ThinkingSummary",
        /// A piece of a tool call's input, as text.
        ToolInputDelta = "ToolInputDelta",
        /// A tool call's input is complete.
        ToolUseEnd = "ToolUseEnd",
        /// A tool call begins.
        ToolUseStart = "ToolUseStart",
        /// A tool call's status line or display changed.
        ToolUseUpdate = "ToolUseUpdate",
        /// The person sent a prompt.
        UserPromptSubmit = "UserPromptSubmit",
    }
    sessions {
        /// A setting changed: the permission mode.
        ConfigChange = "ConfigChange",
        /// Claude Code's own; passed on when the wire carries it.
        CwdChanged = "CwdChanged",
        /// Claude Code's own; passed on when the wire carries it.
        DirectoryAdded = "DirectoryAdded",
        /// The person answered what a server asked.
        ElicitationResult = "ElicitationResult",
        /// A file was written by the person's decision.
        FileChanged = "FileChanged",
        /// Part of the session was not seen on any pipe.
        Gap = "Gap",
        /// Claude Code's own; passed on when the wire carries it.
        InstructionsLoaded = "InstructionsLoaded",
        /// The person interrupted the turn.
        Interrupt = "Interrupt",
        /// Claude Code's own; passed on when the wire carries it.
        MessageDisplay = "MessageDisplay",
        /// A permission question was withdrawn.
        PermissionCancelled = "PermissionCancelled",
        /// Claude Code's own; passed on when the wire carries it.
        PostToolBatch = "PostToolBatch",
        /// Claude Code's own; passed on when the wire carries it.
        PreModelSwitch = "PreModelSwitch",
        /// Work goes on: of a tool, a task, a container.
        Progress = "Progress",
        /// An MCP server asks for a completion.
        SamplingRequest = "SamplingRequest",
        /// The session is over.
        SessionEnd = "SessionEnd",
        /// Claude Code's own; passed on when the wire carries it.
        Setup = "Setup",
        /// A subagent begins.
        SubagentStart = "SubagentStart",
        /// A subagent is done.
        SubagentStop = "SubagentStop",
        /// A background task is done.
        TaskCompleted = "TaskCompleted",
        /// A background task begins.
        TaskCreated = "TaskCreated",
        /// Claude Code's own; passed on when the wire carries it.
        TeammateIdle = "TeammateIdle",
        /// A session known before begins another turn.
        TurnStart = "TurnStart",
        /// Claude Code's own; passed on when the wire carries it.
        UserPromptExpansion = "UserPromptExpansion",
        /// Claude Code's own; passed on when the wire carries it.
        WorktreeCreate = "WorktreeCreate",
        /// Claude Code's own; passed on when the wire carries it.
        WorktreeRemove = "WorktreeRemove",
    }
}

named! {
    /// Every field a record can carry.
    Field {
        /// Byte address of a chunk in the core's memory.
        Address = "address",
        /// The subagent an event belongs to.
        AgentId = "agentId",
        /// The wire's key of a permission.
        ApprovalKey = "approvalKey",
        /// What may be answered to a permission request.
        ApprovalOptions = "approvalOptions",
        /// Number of attachments.
        AttachmentCount = "attachmentCount",
        /// Index of the content block, counted over the whole stream.
        BlockIndex = "blockIndex",
        /// False on what a hook could block elsewhere: here it never can.
        Blocking = "blocking",
        /// Who called a tool, when it was not the model itself.
        Caller = "caller",
        /// A cited source.
        Citation = "citation",
        /// Close code of a socket.
        CloseCode = "code",
        /// The summary that replaced the conversation.
        CompactSummary = "compactSummary",
        /// Whether nothing is missing.
        Complete = "complete",
        /// Media type of the response.
        ContentType = "contentType",
        /// Edits the service made to the context.
        ContextEdits = "contextEdits",
        /// Whether this stream continues a message seen before.
        Continuation = "continuation",
        /// The conversation's id.
        ConversationId = "conversationId",
        /// How many were lost or cut.
        Count = "count",
        /// The data of a frame or a request body.
        Data = "data",
        /// What a notice is about.
        Detail = "detail",
        /// The wire's dialect.
        Dialect = "dialect",
        /// Way of a message: `in` or `out`.
        Direction = "direction",
        /// Rendering hints of a tool call.
        DisplayContent = "displayContent",
        /// Milliseconds a tool call took.
        DurationMs = "durationMs",
        /// Where a citation ends, in UTF-16 units of its block's text.
        EndIndex = "endIndex",
        /// What failed.
        Error = "error",
        /// More about what failed.
        ErrorDetails = "errorDetails",
        /// Estimate of hidden thinking.
        EstimatedTokens = "estimatedTokens",
        /// Event name of a frame.
        Event = "event",
        /// Number of files.
        FileCount = "fileCount",
        /// First withdrawn block.
        FromIndex = "fromIndex",
        /// The model before.
        FromModel = "fromModel",
        /// Request headers that were looked at.
        Headers = "headers",
        /// Uuid of the person's message.
        HumanMessageUuid = "humanMessageUuid",
        /// Whether the input is not valid JSON.
        InputInvalid = "inputInvalid",
        /// The connector's display name.
        IntegrationName = "integrationName",
        /// Whether a tool failed because it was interrupted.
        IsInterrupt = "isInterrupt",
        /// Whether the prompt opens a conversation.
        IsNewConversation = "isNewConversation",
        /// Text of the assistant's last message.
        LastAssistantMessage = "lastAssistantMessage",
        /// Last event ID of the event stream.
        LastEventId = "lastEventId",
        /// Length in bytes.
        Length = "length",
        /// How much a log entry matters.
        Level = "level",
        /// A usage limit.
        Limit = "limit",
        /// Address of the MCP server behind a tool.
        McpServerUrl = "mcpServerUrl",
        /// A sentence for the person.
        Message = "message",
        /// The assistant message's id.
        MessageId = "messageId",
        /// HTTP method.
        Method = "method",
        /// The model that answers.
        Model = "model",
        /// Kind of a notification.
        NotificationType = "notificationType",
        /// Position in the stream, in bytes.
        Offset = "offset",
        /// Uuid of the message before.
        ParentMessageUuid = "parentMessageUuid",
        /// The tool call that a subagent works for.
        ParentToolUseId = "parentToolUseId",
        /// Uuid of the message this one answers.
        ParentUuid = "parentUuid",
        /// A piece of a tool's input.
        Partial = "partial",
        /// What the person wrote.
        Prompt = "prompt",
        /// Questions to the person.
        Questions = "questions",
        /// Why.
        Reason = "reason",
        /// Whether this happened before the pipe was opened.
        Replay = "replay",
        /// The service's id of the request.
        RequestId = "requestId",
        /// Seconds to wait before another try.
        RetryAfter = "retryAfter",
        /// Sequence number.
        Seq = "seq",
        /// The MCP server or integration behind a tool.
        Server = "server",
        /// An MCP server's id.
        ServerId = "serverId",
        /// Size of a message in bytes, when it was not read.
        Size = "size",
        /// Where an event with a source of its own came from.
        Source = "source",
        /// Where a citation starts, in UTF-16 units of its block's text.
        StartIndex = "startIndex",
        /// What a socket did: connected, reconnecting.
        State = "state",
        /// HTTP status.
        Status = "status",
        /// Status line of a tool call.
        StatusMessage = "statusMessage",
        /// Details of a stop reason.
        StopDetails = "stopDetails",
        /// Claude Code's flag; always false here.
        StopHookActive = "stopHookActive",
        /// Why the message or turn ended.
        StopReason = "stopReason",
        /// The tapped exchange.
        StreamId = "streamId",
        /// Text.
        Text = "text",
        /// The model after.
        ToModel = "toModel",
        /// The tool call's id.
        ToolId = "toolId",
        /// Ids of tool calls.
        ToolIds = "toolIds",
        /// The tool call's input, parsed.
        ToolInput = "toolInput",
        /// The tool's name.
        ToolName = "toolName",
        /// What the tool returned.
        ToolResponse = "toolResponse",
        /// How it travels: fetch, xhr, beacon, ws, es.
        Transport = "transport",
        /// Why the conversation is summarised.
        Trigger = "trigger",
        /// Time, Unix milliseconds.
        Ts = "ts",
        /// The turn: one prompt and everything that answers it.
        TurnId = "turnId",
        /// Address.
        Url = "url",
        /// Token counts.
        Usage = "usage",
    }
    sessions {
        /// What the person did with a question: accept, decline, cancel.
        Action = "action",
        /// Kind of a subagent.
        AgentType = "agentType",
        /// How sure an event is that is concluded from what is on screen: high,
        /// medium, low.
        Confidence = "confidence",
        /// Who the MCP client is.
        ClientInfo = "clientInfo",
        /// What the person answered.
        Content = "content",
        /// Working directory of a session.
        Cwd = "cwd",
        /// What a question or task is about.
        Description = "description",
        /// Id of a question to the person.
        ElicitationId = "elicitationId",
        /// A file.
        FilePath = "filePath",
        /// The frame (per stream) that caused this.
        Frame = "frame",
        /// Input of a Claude Code hook, verbatim.
        HookInput = "hookInput",
        /// Milliseconds between a question and its answer.
        LatencyMs = "latencyMs",
        /// How a question is asked.
        Mode = "mode",
        /// Model calls in a turn.
        NumTurns = "numTurns",
        /// Tool calls refused in a turn.
        PermissionDenials = "permissionDenials",
        /// Permission mode of a session.
        PermissionMode = "permissionMode",
        /// Rules offered with a permission question.
        PermissionSuggestions = "permissionSuggestions",
        /// Tokens after a summary.
        PostTokens = "postTokens",
        /// Tokens before a summary.
        PreTokens = "preTokens",
        /// How far work has come.
        Progress = "progress",
        /// Which call a progress message is about.
        ProgressToken = "progressToken",
        /// What kind of progress.
        ProgressType = "progressType",
        /// Subprotocol of a socket.
        Protocol = "protocol",
        /// MCP protocol version.
        ProtocolVersion = "protocolVersion",
        /// When the person could see it (ms).
        RenderedAt = "renderedAt",
        /// Form of the answer a server asks for.
        RequestedSchema = "requestedSchema",
        /// Who the MCP server is.
        ServerInfo = "serverInfo",
        /// What a task or subagent came to.
        Summary = "summary",
        /// Tab of an editor.
        TabName = "tabName",
        /// A background task.
        TaskId = "taskId",
        /// What a background task does.
        TaskSubject = "taskSubject",
        /// Title of a question.
        Title = "title",
        /// How far work has to go.
        Total = "total",
        /// Cost of the session so far, US dollars.
        TotalCostUsd = "totalCostUsd",
        /// Input of a tool as the person changed it.
        UpdatedInput = "updatedInput",
        /// Rules the person set with an answer.
        UpdatedPermissions = "updatedPermissions",
        /// Ids withdrawn.
        Uuid = "uuid",
    }
}
