/**
 * pagetap: a lossless tap and typed hook events for what an AI assistant does on
 * a web page.
 *
 * Everything here observes. A hook arrives after the service has decided and
 * before the page has rendered; it can never block.
 */

/** Stops delivery to the listener it was returned for. */
export type Unsubscribe = () => void;

export interface ListenOptions {
  /** Stops delivery when it aborts. */
  signal?: AbortSignal;
  /** Deliver once, then stop. */
  once?: boolean;
}

/** The wire vocabularies understood. */
export type DialectName =
  | 'messages' | 'complete' | 'claudeai' | 'claudeai-legacy'
  | 'ccr-v1' | 'ccr-v2' | 'managed-agents' | 'enhanced-ws'
  | 'mcp-ws' | 'mcp-http' | 'mcp-sse';

/** Where a hook event comes from in the raw layer. */
export interface RawFrame {
  streamId: number;
  /** Number of the frame in its stream. */
  seq: number;
  /** Its first byte's position in the stream. */
  offset: number;
  /** Its length in bytes. */
  length: number;
  /** Its exact bytes, worked out when read; not copied by `JSON` or `structuredClone`. */
  readonly bytes: Uint8Array;
}

/** What every hook event carries. */
export interface HookEventBase {
  /**
   * Unix time in milliseconds at which the page was given the bytes; of what only the
   * screen told, at which it was seen.
   */
  ts: number;
  /** The conversation, from the request's address or the page's; null if neither names one. */
  conversationId: string | null;
  dialect: DialectName;
  /**
   * `'wire'` or `'dom'`, except where the event's own vocabulary gives `source`
   * another meaning (SessionStart, UserPromptSubmit, PostModelSwitch, MessageEnd).
   */
  source: string;
  /** The tapped exchange; 0 for what only the screen told. */
  streamId: number;
  /** Counts all hook events of the page, by one. */
  seq: number;
  /** One prompt and everything that answers it. */
  turnId?: string;
  /** The assistant's message. */
  messageId?: string;
  /** The subagent it belongs to. */
  agentId?: string;
  /** The tool call that the subagent works for. */
  parentToolUseId?: string;
  /** It happened before the pipe was opened: history, or a catch-up. */
  replay?: true;
  /** Always true: hooks observe. */
  observed: true;
  /** When what the wire told was on screen, Unix time in milliseconds, if that was seen. */
  renderedAt?: number;
  /**
   * How sure it is, of what only the screen told: `high` if its controls came and
   * went, `medium` if only a message grew, `low` if it is concluded from what was
   * there afterwards.
   */
  confidence?: 'high' | 'medium' | 'low';
  /** The frame that caused this, if one did. */
  raw?: RawFrame;
}

/** Any JSON value, parsed when it is first read. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface BlockEvent extends HookEventBase {
  /** Index of the content block, counted over the whole stream. */
  blockIndex: number;
}

export interface ToolEvent extends HookEventBase {
  toolId: string;
  toolName: string;
  /** The MCP server or connector behind the tool. */
  server?: string;
  integrationName?: string | null;
  mcpServerUrl?: string | null;
  /** The service's status line for the call. */
  statusMessage?: string | null;
  displayContent?: Json;
  /** Who called the tool: `direct`, or code the model runs. */
  caller?: string;
}

export interface MessageStartEvent extends HookEventBase {
  type: 'MessageStart';
  model?: string;
  parentUuid?: string;
  requestId?: string;
  /** This stream goes on with a message seen before. */
  continuation?: boolean;
}

export interface MessageDeltaEvent extends HookEventBase {
  type: 'MessageDelta';
  /** Index of the content block; none if only the screen told. */
  blockIndex?: number;
  text: string;
}

export interface MessageEndEvent extends HookEventBase {
  type: 'MessageEnd';
  source: 'sse' | 'button-transition' | 'dom';
  /** The wire's reason; `user_canceled`, `incomplete` or `error` when it gave none. */
  stopReason: string | null;
  /** False when a block or the message itself was cut. */
  complete: boolean;
  usage?: { [counter: string]: Json };
  stopDetails?: Json;
  contextEdits?: Json;
}

export interface MessageRetractEvent extends HookEventBase {
  type: 'MessageRetract';
  /** First block withdrawn, where blocks are. */
  fromIndex?: number;
  toolIds?: string[];
  /** Ids of rows withdrawn, where messages are. */
  uuid?: Json;
}

export interface CitationEvent extends BlockEvent {
  type: 'Citation';
  citation: Json;
  /** Where the cited text starts in its block, in UTF-16 code units. */
  startIndex?: number;
  endIndex?: number;
}

export interface ThinkingStartEvent extends BlockEvent {
  type: 'ThinkingStart';
}

export interface ThinkingDeltaEvent extends BlockEvent {
  type: 'ThinkingDelta';
  text: string;
  estimatedTokens?: number | null;
}

export interface ThinkingSummaryEvent extends BlockEvent {
  type: 'ThinkingSummary';
  text: string;
}

export interface ToolUseStartEvent extends ToolEvent {
  type: 'ToolUseStart';
  /** None if only the screen told. */
  blockIndex?: number;
}

export interface ToolInputDeltaEvent extends BlockEvent {
  type: 'ToolInputDelta';
  partial: string;
  toolId?: string;
}

export interface ToolUseUpdateEvent extends HookEventBase {
  type: 'ToolUseUpdate';
  blockIndex: number;
  toolId?: string;
  toolName?: string;
  server?: string;
  statusMessage?: string | null;
  displayContent?: Json;
  integrationName?: string | null;
}

export interface ToolUseEndEvent extends ToolEvent {
  type: 'ToolUseEnd';
  blockIndex: number;
  /** The parsed input; the text as it came when `inputInvalid`. */
  toolInput: Json;
  inputInvalid?: true;
}

export interface PreToolUseEvent extends ToolEvent {
  type: 'PreToolUse';
  blockIndex: number;
  toolInput: Json;
  inputInvalid?: true;
  /** Always false: the service has already decided. */
  blocking: false;
}

export interface PostToolUseEvent extends HookEventBase {
  type: 'PostToolUse';
  toolId: string;
  toolName?: string;
  toolInput?: Json;
  toolResponse?: Json;
  blockIndex?: number;
  /** Milliseconds between the complete call and its result. */
  durationMs?: number;
}

export interface PostToolUseFailureEvent extends Omit<PostToolUseEvent, 'type'> {
  type: 'PostToolUseFailure';
  error?: Json;
  /** It failed because it was interrupted. */
  isInterrupt?: true;
}

export interface PermissionRequestEvent extends HookEventBase {
  type: 'PermissionRequest';
  toolId?: string;
  toolName?: string;
  server?: string;
  toolInput?: Json;
  blockIndex?: number;
  approvalKey?: string;
  approvalOptions?: Json;
  /** The control request that asks. */
  requestId?: string;
  title?: string;
  description?: string;
  /** What the dialog says, if only the screen told. */
  message?: string;
  /** Rules that can be set with the answer. */
  permissionSuggestions?: Json;
  reason?: string;
  /** The file and tab of an editor's diff. */
  filePath?: string;
  tabName?: string;
  /** Always false: only the page can answer. */
  blocking: false;
}

export interface PermissionDecisionEvent extends HookEventBase {
  toolId?: string;
  toolName?: string;
  toolInput?: Json;
  approvalKey?: string;
  approvalOptions?: Json;
  reason?: string;
  requestId?: string;
  /** Milliseconds between the question and its answer. */
  latencyMs?: number;
  message?: string | null;
  filePath?: string;
  tabName?: string;
}

export interface PermissionGrantedEvent extends PermissionDecisionEvent {
  type: 'PermissionGranted';
  /** The tool's input as the person changed it. */
  updatedInput?: Json;
  /** Rules that the person set with the answer. */
  updatedPermissions?: Json;
}

export interface PermissionDeniedEvent extends PermissionDecisionEvent {
  type: 'PermissionDenied';
}

export interface UserPromptSubmitEvent extends HookEventBase {
  type: 'UserPromptSubmit';
  /** `'retry'` when the person asked for another answer; else who wrote it. */
  source: 'wire' | 'dom' | 'retry' | (string & {});
  prompt: string;
  humanMessageUuid?: string | null;
  parentMessageUuid?: string | null;
  model?: string;
  attachmentCount?: number;
  fileCount?: number;
  isNewConversation?: boolean;
}

export interface SessionStartEvent extends HookEventBase {
  type: 'SessionStart';
  /** How it began; `'dom'` if only the screen told. */
  source: 'startup' | 'resume' | 'clear' | 'compact' | 'dom' | (string & {});
  model?: string;
  cwd?: string;
  permissionMode?: string;
  trigger?: string | null;
  serverInfo?: Json;
  clientInfo?: Json;
  protocolVersion?: string;
}

export interface StopEvent extends HookEventBase {
  type: 'Stop';
  stopReason: string | null;
  stopHookActive: false;
  /** The answer's text since its last tool call; if only the screen told, all of it. */
  lastAssistantMessage: string;
  usage?: { [counter: string]: Json };
  /** Of the whole session so far: never add those of several turns. */
  totalCostUsd?: Json;
  numTurns?: number;
  durationMs?: number;
  /** Tool calls that were refused. */
  permissionDenials?: Json;
}

export interface StopFailureEvent extends HookEventBase {
  type: 'StopFailure';
  /** Claude Code's name of the failure. */
  error:
    | 'account_on_hold' | 'authentication_failed' | 'billing_error' | 'cloud_credential_error'
    | 'invalid_request' | 'max_output_tokens' | 'model_not_found' | 'oauth_org_not_allowed'
    | 'overloaded' | 'rate_limit' | 'server_error' | 'verification_required' | 'unknown';
  errorDetails?: string;
  lastAssistantMessage: string;
  usage?: { [counter: string]: Json };
  totalCostUsd?: Json;
  numTurns?: number;
  durationMs?: number;
  permissionDenials?: Json;
}

export interface NotificationEvent extends HookEventBase {
  type: 'Notification';
  notificationType:
    | 'usage_limit' | 'rate_limit' | 'mcp_auth_required' | 'task_status'
    | 'rate_limit_event' | 'notification' | 'informational' | 'api_retry' | 'auth_status'
    | (string & {});
  message?: string | null;
  limit?: Json;
  /** The service's `retry-after`, as it stood. */
  retryAfter?: string;
  toolId?: string;
  serverId?: string;
  model?: string;
  /** An MCP server's log: how much it matters, whose it is, and which server's. */
  level?: string;
  title?: string;
  server?: string;
  /** Which file of an editor it is about. */
  filePath?: string;
  error?: Json;
  data?: Json;
}

export interface PreCompactEvent extends HookEventBase {
  type: 'PreCompact';
  trigger?: 'auto' | 'manual' | (string & {});
  status?: string;
  message?: string | null;
  preTokens?: number;
  postTokens?: number;
  durationMs?: number;
}

export interface PostCompactEvent extends HookEventBase {
  type: 'PostCompact';
  trigger?: 'auto' | 'manual' | (string & {});
  compactSummary?: string;
  status?: string;
  message?: string | null;
  error?: Json;
  preTokens?: number;
  postTokens?: number;
  durationMs?: number;
}

export interface PostModelSwitchEvent extends HookEventBase {
  type: 'PostModelSwitch';
  source: 'auto' | 'sdk' | (string & {});
  fromModel?: string;
  toModel?: string;
  trigger?: string | null;
  reason?: string | null;
  message?: string | null;
}

export interface ElicitationEvent extends HookEventBase {
  type: 'Elicitation';
  /** The tool through which it asks, where it is one. */
  toolId?: string;
  toolName?: string;
  toolInput?: Json;
  blockIndex?: number;
  questions?: Json;
  message?: string | null;
  requestId?: string;
  /** The MCP server that asks. */
  server?: string;
  mode?: string;
  url?: string;
  elicitationId?: string;
  requestedSchema?: Json;
  data?: Json;
}

export interface ElicitationResultEvent extends HookEventBase {
  type: 'ElicitationResult';
  requestId?: string;
  server?: string;
  action?: 'accept' | 'decline' | 'cancel' | (string & {});
  content?: Json;
  /** Milliseconds between the question and its answer. */
  latencyMs?: number;
}

export interface PermissionCancelledEvent extends HookEventBase {
  type: 'PermissionCancelled';
  requestId: string;
  toolId?: string;
  toolName?: string;
  toolInput?: Json;
}

export interface InterruptEvent extends HookEventBase {
  type: 'Interrupt';
  requestId?: string;
}

export interface ConfigChangeEvent extends HookEventBase {
  type: 'ConfigChange';
  source: 'permission_mode' | (string & {});
  permissionMode?: string;
  hookInput?: Json;
}

export interface TurnStartEvent extends HookEventBase {
  type: 'TurnStart';
  model?: string;
  cwd?: string;
  permissionMode?: string;
}

export interface SubagentStartEvent extends HookEventBase {
  type: 'SubagentStart';
  agentType?: string;
  toolId?: string;
  taskId?: string;
  taskSubject?: string;
}

export interface SubagentStopEvent extends HookEventBase {
  type: 'SubagentStop';
  agentType?: string;
  toolId?: string;
  taskId?: string;
  taskSubject?: string;
  status?: string;
  summary?: string | null;
  usage?: Json;
}

export interface TaskCreatedEvent extends HookEventBase {
  type: 'TaskCreated';
  taskId?: string;
  toolId?: string;
  taskSubject?: string;
}

export interface TaskCompletedEvent extends HookEventBase {
  type: 'TaskCompleted';
  taskId?: string;
  toolId?: string;
  taskSubject?: string;
  status?: string;
  summary?: string | null;
  usage?: Json;
}

export interface ProgressEvent extends HookEventBase {
  type: 'Progress';
  /** The wire's name for it: `tool_progress`, `env_manager_log`, `hook_callback`, ... */
  progressType?: string;
  toolId?: string;
  toolName?: string;
  toolIds?: Json;
  taskId?: string;
  title?: string | null;
  description?: string | null;
  message?: string | null;
  summary?: string | null;
  status?: string;
  progress?: Json;
  total?: Json;
  progressToken?: string | number;
  data?: Json;
  hookInput?: Json;
}

export interface SessionEndEvent extends HookEventBase {
  type: 'SessionEnd';
  reason: 'clear' | 'other' | (string & {});
  message?: string | null;
  /** Close code of the socket that was the last pipe. */
  code?: number;
}

export interface GapEvent extends HookEventBase {
  type: 'Gap';
  /** `closed`, `session_not_found`, `catch_up_truncated`, `session_writes_lost`. */
  reason: string;
  code?: number;
  error?: Json;
  count?: number;
}

export interface SamplingRequestEvent extends HookEventBase {
  type: 'SamplingRequest';
  requestId?: string;
  server?: string;
  prompt?: string;
  data?: Json;
}

export interface FileChangedEvent extends HookEventBase {
  type: 'FileChanged';
  filePath?: string;
  tabName?: string;
  toolId?: string;
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface CwdChangedEvent extends HookEventBase {
  type: 'CwdChanged';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface DirectoryAddedEvent extends HookEventBase {
  type: 'DirectoryAdded';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface InstructionsLoadedEvent extends HookEventBase {
  type: 'InstructionsLoaded';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface MessageDisplayEvent extends HookEventBase {
  type: 'MessageDisplay';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface PostToolBatchEvent extends HookEventBase {
  type: 'PostToolBatch';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface PreModelSwitchEvent extends HookEventBase {
  type: 'PreModelSwitch';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface SetupEvent extends HookEventBase {
  type: 'Setup';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface TeammateIdleEvent extends HookEventBase {
  type: 'TeammateIdle';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface UserPromptExpansionEvent extends HookEventBase {
  type: 'UserPromptExpansion';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface WorktreeCreateEvent extends HookEventBase {
  type: 'WorktreeCreate';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** A hook of Claude Code's own, passed on when the wire carries it. */
export interface WorktreeRemoveEvent extends HookEventBase {
  type: 'WorktreeRemove';
  /** Its input, verbatim. */
  hookInput?: Json;
}

/** What went wrong or was lost. A notice never stops anything. */
export interface NoticeEvent {
  type: 'Notice';
  ts: number;
  code: NoticeCode | TapNoticeCode;
  streamId: number;
  detail: string;
  /** How many, or how many bytes. */
  count: number;
}

/** Notices of the core. */
export type NoticeCode =
  | 'block_incomplete'
  | 'dialect_changed'
  | 'frame_too_large'
  | 'invalid_json'
  | 'record_cut'
  | 'request_unreadable'
  | 'secret_covered'
  | 'stream_unobserved'
  | 'text_cut'
  | 'tool_forgotten'
  | 'too_many_blocks'
  | 'too_many_streams'
  | 'unknown_block'
  | 'unknown_delta'
  | 'unknown_event';

/** Notices of the tap around it. */
export type TapNoticeCode =
  | 'blob_unread'
  | 'cannot_patch'
  | 'core_failed'
  | 'dom_failed'
  | 'dom_missed'
  | 'export_blocked'
  | 'export_dropped'
  | 'export_failed'
  | 'export_memory'
  | 'export_quarantined'
  | 'export_rejected'
  | 'frame_unreachable'
  | 'iterator_full'
  | 'match_failed'
  | 'queue_full'
  | 'table_refused'
  | 'tap_failed'
  | 'worker_unobserved';

/** Every hook event by its name. */
export interface HookEventMap {
  Citation: CitationEvent;
  ConfigChange: ConfigChangeEvent;
  CwdChanged: CwdChangedEvent;
  DirectoryAdded: DirectoryAddedEvent;
  Elicitation: ElicitationEvent;
  ElicitationResult: ElicitationResultEvent;
  FileChanged: FileChangedEvent;
  Gap: GapEvent;
  InstructionsLoaded: InstructionsLoadedEvent;
  Interrupt: InterruptEvent;
  MessageDelta: MessageDeltaEvent;
  MessageDisplay: MessageDisplayEvent;
  MessageEnd: MessageEndEvent;
  MessageRetract: MessageRetractEvent;
  MessageStart: MessageStartEvent;
  Notice: NoticeEvent;
  Notification: NotificationEvent;
  PermissionCancelled: PermissionCancelledEvent;
  PermissionDenied: PermissionDeniedEvent;
  PermissionGranted: PermissionGrantedEvent;
  PermissionRequest: PermissionRequestEvent;
  PostCompact: PostCompactEvent;
  PostModelSwitch: PostModelSwitchEvent;
  PostToolBatch: PostToolBatchEvent;
  PostToolUse: PostToolUseEvent;
  PostToolUseFailure: PostToolUseFailureEvent;
  PreCompact: PreCompactEvent;
  PreModelSwitch: PreModelSwitchEvent;
  PreToolUse: PreToolUseEvent;
  Progress: ProgressEvent;
  SamplingRequest: SamplingRequestEvent;
  SessionEnd: SessionEndEvent;
  SessionStart: SessionStartEvent;
  Setup: SetupEvent;
  Stop: StopEvent;
  StopFailure: StopFailureEvent;
  SubagentStart: SubagentStartEvent;
  SubagentStop: SubagentStopEvent;
  TaskCompleted: TaskCompletedEvent;
  TaskCreated: TaskCreatedEvent;
  TeammateIdle: TeammateIdleEvent;
  ThinkingDelta: ThinkingDeltaEvent;
  ThinkingStart: ThinkingStartEvent;
  ThinkingSummary: ThinkingSummaryEvent;
  ToolInputDelta: ToolInputDeltaEvent;
  ToolUseEnd: ToolUseEndEvent;
  ToolUseStart: ToolUseStartEvent;
  ToolUseUpdate: ToolUseUpdateEvent;
  TurnStart: TurnStartEvent;
  UserPromptExpansion: UserPromptExpansionEvent;
  UserPromptSubmit: UserPromptSubmitEvent;
  WorktreeCreate: WorktreeCreateEvent;
  WorktreeRemove: WorktreeRemoveEvent;
}

export type HookName = keyof HookEventMap;
export type HookEvent = HookEventMap[HookName];

/** How an exchange travels. */
export type Transport = 'fetch' | 'xhr' | 'beacon' | 'ws' | 'es';

/** The kinds of raw event. */
export type RawKind = 'open' | 'request' | 'response' | 'frame' | 'fragment' | 'end' | 'state';

/** One event of the raw layer. */
export interface RawEvent {
  /**
   * How it travelled: `sse` for frames of an event stream that is fetched, `fetch`,
   * `xhr`, `beacon`, `ws` for sockets, `es` for EventSource; `tap` for notices.
   */
  source: 'sse' | 'fetch' | 'xhr' | 'beacon' | 'ws' | 'es' | 'tap';
  kind: RawKind | 'notice';
  direction?: 'in' | 'out';
  streamId: number;
  ts: number;
  /** open: where and how. */
  url?: string;
  /** HTTP method; `WS` for a socket. */
  method?: string;
  transport?: Transport;
  /** Request headers worth a look, as lines of `name: value`; never credentials. */
  headers?: string;
  /** state: `connected`, `reconnecting`. */
  state?: string;
  /** response. */
  status?: number;
  contentType?: string;
  retryAfter?: string;
  /** frame, fragment: number, position and length in bytes, and the bytes themselves. */
  seq?: number;
  offset?: number;
  length?: number;
  bytes?: Uint8Array;
  /** frame: size in bytes of a message that was not read (a Blob). */
  size?: number;
  /** frame: the event-stream fields, or the text of a message. */
  event?: string;
  data?: string;
  lastEventId?: string;
  /** frame, request: `data` parsed when it is JSON, else `data`; worked out when first read. */
  raw?: Json;
  /** end: `done`, `cancelled`, `aborted`, `failed` or `unobserved`. */
  reason?: string;
  detail?: string;
  /** end: close code of a socket. notice: what it is about. */
  code?: string | number;
  count?: number;
}

/** An exchange that is open. */
export interface StreamInfo {
  id: number;
  /** Without the secrets of its query. */
  url: string;
  method: string;
  transport: Transport;
  /** Seen only from its response on: its request was sent by a `fetch` kept from before. */
  adopted: boolean;
  ts: number;
  /** HTTP status, 0 before the headers. */
  status: number;
  /** Bytes the page has been given. */
  bytes: number;
}

export interface Stats {
  version: string;
  /** What runs the core. */
  encoding: 'loading' | 'wasm' | 'js' | 'interpreter';
  /** Why the tap stopped, if it did. The page goes on either way. */
  failure: string | null;
  streams: number;
  open: number;
  chunks: number;
  bytes: number;
  /** Bytes that came while the core was still loading and did not fit. */
  droppedBytes: number;
  queuedBytes: number;
  /** Raw events delivered. */
  events: number;
  hooks: { [name: string]: number };
  notices: { [code: string]: number };
  listenerErrors: number;
  lastListenerError: unknown;
  /** Events an iterator was too slow for. */
  droppedEvents: number;
}

/** Layer A, `window.__claudeTap`. */
export interface ClaudeTap {
  on(listener: (event: RawEvent) => void, options?: ListenOptions): Unsubscribe;
  off(listener: (event: RawEvent) => void): void;
  streams(): StreamInfo[];
  stats(): Stats;
}

/** Layer B, `window.__claudeHooks`. */
export interface ClaudeHooks {
  readonly version: string;
  on<K extends HookName>(
    name: K,
    listener: (event: HookEventMap[K]) => void,
    options?: ListenOptions,
  ): Unsubscribe;
  on(name: '*', listener: (event: HookEvent) => void, options?: ListenOptions): Unsubscribe;
  off<K extends HookName>(name: K, listener: (event: HookEventMap[K]) => void): void;
  off(name: '*', listener: (event: HookEvent) => void): void;
  once<K extends HookName>(name: K, options?: { signal?: AbortSignal }): Promise<HookEventMap[K]>;
  once(name: '*', options?: { signal?: AbortSignal }): Promise<HookEvent>;
  /** Everything from now on. Keeps at most 10,000 events for a slow reader. */
  events(options?: { signal?: AbortSignal }): AsyncIterableIterator<HookEvent>;
  toHookInput(event: HookEvent): HookInput;
  /**
   * Adds rules to a dialect's table, or overrides its own, for every record that is
   * read from now on; for an array of tables, all or nothing. Not in the bookmarklet
   * that every browser can keep.
   *
   * True when they are in force. False while the core is loading: they will be when
   * it has come, unless it refuses them by a notice `table_refused`; and when it has
   * stopped.
   *
   * @throws TypeError naming the place in the table and the reason
   * (`events.message_begin.act: "strat" is no act ...`); then nothing has changed.
   */
  translate(table: Table | Table[] | string): boolean;
  /**
   * Prints and returns what the selectors of the page's table find and what they miss,
   * also as the global `mapClaudeDOM`: with `translate` one mends them.
   */
  mapDOM(): DomMap;
  /**
   * Sends hook events to a collector, from now on, until it is stopped or the tap is removed. Without
   * content, unless `include` names it. What is told is in a log (IndexedDB) until the collector has
   * acknowledged it. Not in the bookmarklet that every browser can keep.
   *
   * @throws TypeError when an option is no good; it says which.
   */
  export(options: ExportOptions): Export;
  stats(): Stats;
}

/** What an export sends, of what is never sent unasked: what people and models wrote. */
export type ContentClass = 'prompts' | 'answers' | 'thinking' | 'toolInputs' | 'toolResults';

/** What is replaced before an event is stored or sent. */
export interface RedactionRule {
  pattern: string;
  flags?: string;
  /** Stands in its place. Default `[redacted]`. */
  with?: string;
}

export interface ExportOptions {
  /**
   * The collector. For OpenTelemetry its base (`http://127.0.0.1:4318`), to which `/v1/traces` and so on
   * are added, or the address of one signal; else the whole address.
   */
  to: string | URL;
  /**
   * `otlp` (default) and `otlp-json`: OpenTelemetry over HTTP; `hooks`: the input of Claude Code's hooks,
   * one POST an event; `ndjson`: lines of JSON.
   */
  format?: 'otlp' | 'otlp-json' | 'hooks' | 'ndjson';
  /** The semantic conventions: 1.41.1 (default), or what they are becoming. */
  names?: 'genai-1.41' | 'genai-dev';
  /** Of OpenTelemetry. Default traces and logs. */
  signals?: ('traces' | 'logs' | 'metrics')[];
  /** Default none. */
  include?: ContentClass[];
  /** Of `hooks` and `ndjson`: which. Default: those that Claude Code has; all but the deltas. */
  events?: (HookName | (string & {}))[] | null;
  /** Bytes of one value; of one that is content. Default 4,096 and 60,000. */
  caps?: { attribute?: number; content?: number };
  /** Attributes of OpenTelemetry's resource. Default `service.name`: `pagetap`. */
  resource?: { [name: string]: string | number | boolean };
  /** On top of the rules for keys and tokens, which always apply. */
  redact?: (RegExp | RedactionRule)[];
  /** Sent with each request. They are not stored. */
  headers?: { [name: string]: string };
  /**
   * `auto` (default): from the page, and by a window of the collector's once `openRelay()` has opened it;
   * `direct`: from the page only; `relay`: by that window only.
   */
  route?: 'auto' | 'direct' | 'relay';
  /** Sends and stores nothing; a function is given each request that would have been sent. */
  dryRun?: boolean | ((request: ExportRequest) => void);
  /** Whether a last request goes out when the page is hidden or left. Default true. */
  keepalive?: boolean;
  /** How much may wait on this origin, for all exports. Default 50,000 rows, 50 MiB, 7 days. */
  limits?: { rows?: number; bytes?: number; days?: number };
}

/** A request as it is sent. */
export interface ExportRequest {
  url: string;
  method: 'POST';
  headers: { [name: string]: string };
  body: Uint8Array;
  /** Items in it. */
  count: number;
  /** The body before it was compressed; null if it is no text. */
  text: string | null;
}

/**
 * `sending`: all is well; `waiting`: for another try, or because another page of the origin sends;
 * `blocked`: nothing gets through until somebody does something; `dry`: a dry run.
 */
export type ExportState = 'starting' | 'sending' | 'waiting' | 'blocked' | 'stopped' | 'dry';

export interface ExportStats {
  state: ExportState;
  route: 'direct' | 'relay';
  /** Why it is in that state, in a sentence, if there is something to say. */
  why: string | null;
  /** Items that were written to the log, by this page. */
  logged: number;
  /** Items in requests of this page, each time they were sent. */
  sent: number;
  acknowledged: number;
  /** Acknowledged, and not taken: OTLP's partial success. */
  rejected: number;
  /** Items lost, by reason. */
  dropped: { [reason: string]: number };
  /** Items the collector refuses: set aside, at most 500 of them. */
  quarantined: number;
  /** Items that wait, of all pages of the origin. */
  pending: number;
  /** Batches that have to be sent again. */
  retries: number;
  lastError: string | null;
  lastStatus: number | null;
  /** When it will be tried again, Unix time in milliseconds. */
  nextTryAt: number | null;
}

export interface Export {
  /** Ends what is open, tries to send what is left, and stops. What is not sent the next export sends. */
  stop(): Promise<void>;
  /** Resolves when nothing waits any more; rejects if nothing can be sent. */
  flush(options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * All that waits, as the requests that it will be, up to 50 of them (`count` of each against `pending`
   * says what is missing); of a dry run the last 50 that would have been sent.
   */
  preview(): Promise<ExportRequest[]>;
  stats(): ExportStats;
  on(name: 'state', listener: (now: { state: ExportState; why: string | null }) => void): Unsubscribe;
  /** Opens the window through which the events go. In a click, a key press or the like. */
  openRelay(): Promise<void>;
}

/** What an event does in a dialect of messages. */
export type MessageAct =
  | 'ignore' | 'start' | 'blockStart' | 'blockDelta' | 'blockStop' | 'messageDelta' | 'stop'
  | 'whole' | 'completion' | 'error' | 'ready' | 'retract' | 'compaction' | 'limit'
  | 'approval';

/** What a row does in a dialect of sessions. */
export type SessionAct =
  | 'ignore' | 'init' | 'hookStarted' | 'status' | 'compacted' | 'state' | 'taskStarted'
  | 'taskEnded' | 'assistant' | 'user' | 'piece' | 'result' | 'lifecycle' | 'reset'
  | 'denied' | 'ask' | 'elicit' | 'answer' | 'cancel' | 'interrupt' | 'model' | 'mode'
  | 'callback' | 'void' | 'over' | 'gap' | 'prompt' | 'confirm' | 'message' | 'preview'
  | 'call' | 'ownCall' | 'used' | 'runs' | 'idle' | 'failed' | 'thread' | 'threadIdle'
  | 'threadOver' | 'hello' | 'asked' | 'begins' | 'interrupted' | 'blocks' | 'end'
  | 'cancelled' | 'initialize' | 'progress' | 'log' | 'sample' | 'turn' | 'saved'
  | 'rejected';

/** What a content block is. */
export type BlockKind =
  | 'text' | 'thinking' | 'toolUse' | 'serverToolUse' | 'toolResult' | 'streamedResult'
  | 'compaction' | 'fallback' | 'other';

/** What a delta does to its block. */
export type DeltaEffect =
  | 'ignore' | 'text' | 'thinking' | 'json' | 'compaction' | 'citationStart' | 'citationEnd'
  | 'toolUpdate';

/** What a request says. */
export type RequestKind =
  | 'messages' | 'completionPrompt' | 'prompt' | 'retry' | 'toolApproval' | 'toolResult'
  | 'stopResponse' | 'taskStatus' | 'rows' | 'create' | 'archive' | 'rpc';

/** The fields that a rule can set. */
export type RuleField =
  | 'action' | 'agentId' | 'agentType' | 'approvalKey' | 'approvalOptions'
  | 'attachmentCount' | 'blockIndex' | 'caller' | 'citation' | 'clientInfo' | 'code'
  | 'compactSummary' | 'complete' | 'content' | 'contentType' | 'contextEdits'
  | 'continuation' | 'count' | 'cwd' | 'data' | 'description' | 'detail' | 'direction'
  | 'displayContent' | 'durationMs' | 'elicitationId' | 'endIndex' | 'error'
  | 'errorDetails' | 'estimatedTokens' | 'event' | 'fileCount' | 'filePath' | 'fromIndex'
  | 'fromModel' | 'headers' | 'hookInput' | 'humanMessageUuid' | 'inputInvalid'
  | 'integrationName' | 'isInterrupt' | 'isNewConversation' | 'lastAssistantMessage'
  | 'lastEventId' | 'latencyMs' | 'level' | 'limit' | 'mcpServerUrl' | 'message'
  | 'messageId' | 'method' | 'mode' | 'model' | 'notificationType' | 'numTurns'
  | 'parentMessageUuid' | 'parentToolUseId' | 'parentUuid' | 'partial'
  | 'permissionDenials' | 'permissionMode' | 'permissionSuggestions' | 'postTokens'
  | 'preTokens' | 'progress' | 'progressToken' | 'progressType' | 'prompt' | 'protocol'
  | 'protocolVersion' | 'questions' | 'reason' | 'requestedSchema' | 'requestId'
  | 'retryAfter' | 'server' | 'serverId' | 'serverInfo' | 'size' | 'source' | 'startIndex'
  | 'state' | 'status' | 'statusMessage' | 'stopDetails' | 'stopHookActive' | 'stopReason'
  | 'summary' | 'tabName' | 'taskId' | 'taskSubject' | 'text' | 'title' | 'toModel'
  | 'toolId' | 'toolIds' | 'toolInput' | 'toolName' | 'toolResponse' | 'total'
  | 'totalCostUsd' | 'transport' | 'trigger' | 'turnId' | 'updatedInput'
  | 'updatedPermissions' | 'url' | 'usage' | 'uuid';

/**
 * Where a field stands: a JSON Pointer from the record's top, at most three names
 * deep; `''` for the whole record; a text itself after `=`. Of several the first
 * that is there counts.
 */
export type Place = string | string[];
export type RuleFields = { [name in RuleField]?: Place };

/** The text at a place. */
export interface RuleCondition {
  at: string;
  is: string;
}

/** As another rule of the dialect; fields given here take the place of that one's. */
export interface LikeRule {
  like: string;
  fields?: RuleFields;
}

export type EventRule =
  | LikeRule
  | { act: MessageAct | SessionAct; fields?: RuleFields }
  | {
    act: 'emit';
    hook: Exclude<HookName, 'Notice'>;
    fields?: RuleFields;
    when?: RuleCondition;
    unless?: RuleCondition;
  };

export type BlockRule = LikeRule | { is: BlockKind; fields?: RuleFields };

/** For what grows, the first field says where the piece stands. */
export type DeltaRule =
  | LikeRule
  | { does: DeltaEffect; fields?: RuleFields }
  | { does: 'emit'; hook: Exclude<HookName, 'Notice'>; fields?: RuleFields };

/** An address at which a dialect is spoken. */
export interface Endpoint {
  /** HTTP method, `WS` for a socket. */
  method: string;
  /**
   * The path: `*` is a segment, `{name}` one that names the conversation, `{name*}`
   * the same if it starts with `name`, `**` at the beginning any.
   */
  path: string;
  says: RequestKind;
  /** Parts of headers' values that a request must have. */
  needs?: { [header: string]: string };
}

/** A record that shows which dialect a stream speaks. */
export interface Sign {
  /** Its type; a record without type and name if this is missing. */
  event?: string;
  /** A place where it has something. */
  at?: string;
  /** What that starts with. */
  prefix?: string;
}

/** The parts of a conversation on screen. */
export type PagePart =
  | 'conversation' | 'user' | 'assistant' | 'text' | 'growing' | 'tool' | 'toolName'
  | 'toolDone' | 'toolFailed' | 'permission' | 'stop' | 'send';

/** How a page shows conversations: what is given takes the place of what is known. */
export type PageTable = {
  /** CSS selectors, as `querySelector` has them; `''` for what is not to be looked for. */
  [part in PagePart]?: string;
} & {
  /** Paths that show a conversation; `{conversation}` is where its id stands. */
  paths?: string[];
  /** The attribute of `conversation` that names it, where several are on screen. */
  conversationId?: string;
};

/** Rules over those of a dialect's own table, by the names on the wire. */
export interface Table {
  dialect: DialectName;
  /** Takes back what earlier tables added to the dialect, before what this adds. */
  reset?: true;
  endpoints?: Endpoint[];
  signs?: Sign[];
  events?: { [type: string]: EventRule };
  /** Of dialects of messages. */
  blocks?: { [type: string]: BlockRule };
  deltas?: { [type: string]: DeltaRule };
  /** What the page looks like, see `mapClaudeDOM`. */
  page?: PageTable;
}

/** What a part's selector finds in the page. */
export interface MappedPart {
  selector: string;
  count: number;
  elements: Element[];
}

/** What `mapClaudeDOM` found. */
export interface DomMap {
  dialect: DialectName;
  /** The page's path, and whether the table has it. */
  path: string;
  known: boolean;
  /** The conversation that the path names. */
  conversationId: string | null;
  parts: { [part in PagePart]: MappedPart };
  /** Parts that are looked for and not there. That can be right: no turn, no stop. */
  missing: PagePart[];
}

/**
 * A payload as Claude Code's hooks send it. Where those have a field with values of their own (`source` of
 * `SessionStart`, `UserPromptSubmit` and others), what the tap says in other words is in `tap_source`; not in
 * the bookmarklet that every browser can keep.
 */
export interface HookInput {
  session_id: string;
  transcript_path: string;
  cwd: string;
  hook_event_name: string;
  [field: string]: unknown;
}

export interface InstallOptions {
  /**
   * Which traffic is tapped: the dialects' addresses (default), everything, URLs
   * that match, or what a function says.
   */
  match?: 'dialects' | 'all' | RegExp | ((url: string, method: string) => boolean);
  /** Read binary messages that the page asked for as Blobs. Default false. */
  readBlobs?: boolean;
  limits?: {
    /** Bytes of an unfinished record kept per stream. Default 16 MiB. */
    bytesPerStream?: number;
    /** Streams open at once. Default 1,024. */
    openStreams?: number;
    /** Bytes of text or tool input kept per content block. Default 4 MiB. */
    textPerBlock?: number;
  };
  /**
   * Whether dedicated workers that the page starts are tapped, too. That needs their script
   * to be started by another one, which a page can notice; see the README. Default false: a notice
   * says that there is a worker.
   */
  workers?: boolean;
  /**
   * Whether the page itself is looked at, too: what the wire did not tell is then
   * told by what is on screen, marked `source: 'dom'`. Default true for the classic
   * script and the bookmarklet for Chromium, false here, unless `wire` is false.
   */
  dom?: boolean;
  /** False: no traffic is tapped, the page is only looked at. */
  wire?: boolean;
  /** The module: where it is, or what it is. Default: beside this file. */
  wasm?: string | URL | Response | BufferSource | WebAssembly.Module;
}

export interface Handle {
  readonly version: string;
  readonly tap: ClaudeTap;
  readonly hooks: ClaudeHooks;
  /** Removes the tap, in whatever order other patches are removed. */
  destroy(): void;
}

/**
 * Installs the tap into this window. Twice is harmless.
 *
 * @throws Error when another tool already owns `__claudeHooks`.
 * @throws TypeError when an option is no good; it says which.
 */
export function install(options?: InstallOptions): Handle;

export function toHookInput(event: HookEvent): HookInput;

export const version: string;

declare global {
  var __claudeTap: ClaudeTap;
  var __claudeHooks: ClaudeHooks;
  function __claudeHooksDestroy(): void;
  function mapClaudeDOM(): DomMap;
  interface Window {
    __claudeTap: ClaudeTap;
    __claudeHooks: ClaudeHooks;
    __claudeHooksDestroy(): void;
    mapClaudeDOM(): DomMap;
  }
}
