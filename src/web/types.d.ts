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
export type DialectName = 'messages' | 'complete' | 'claudeai' | 'claudeai-legacy';

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
  /** Unix time in milliseconds at which the page was given the bytes. */
  ts: number;
  /** The conversation, from the request's address or the page's; null if neither names one. */
  conversationId: string | null;
  dialect: DialectName;
  /**
   * `'wire'` or `'dom'`, except where the event's own vocabulary gives `source`
   * another meaning (SessionStart, UserPromptSubmit, PostModelSwitch, MessageEnd).
   */
  source: string;
  /** The tapped exchange. */
  streamId: number;
  /** Counts all hook events of the page, by one. */
  seq: number;
  /** One prompt and everything that answers it. */
  turnId?: string;
  /** The assistant's message. */
  messageId?: string;
  /** Always true: hooks observe. */
  observed: true;
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

export interface MessageDeltaEvent extends BlockEvent {
  type: 'MessageDelta';
  text: string;
}

export interface MessageEndEvent extends HookEventBase {
  type: 'MessageEnd';
  source: 'sse' | 'button-transition';
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
  fromIndex: number;
  toolIds: string[];
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
  blockIndex: number;
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
  /** Always false: only the page can answer. */
  blocking: false;
}

export interface PermissionDecisionEvent extends HookEventBase {
  toolId: string;
  toolName?: string;
  toolInput?: Json;
  approvalKey?: string;
  approvalOptions?: Json;
  reason: string;
}

export interface PermissionGrantedEvent extends PermissionDecisionEvent {
  type: 'PermissionGranted';
}

export interface PermissionDeniedEvent extends PermissionDecisionEvent {
  type: 'PermissionDenied';
}

export interface UserPromptSubmitEvent extends HookEventBase {
  type: 'UserPromptSubmit';
  /** `'retry'` when the person asked for another answer. */
  source: 'wire' | 'dom' | 'retry';
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
  source: 'startup' | 'resume';
  model?: string;
}

export interface StopEvent extends HookEventBase {
  type: 'Stop';
  stopReason: string | null;
  stopHookActive: false;
  /** The answer's text since its last tool call. */
  lastAssistantMessage: string;
}

export interface StopFailureEvent extends HookEventBase {
  type: 'StopFailure';
  /** Claude Code's name of the failure. */
  error:
    | 'authentication_failed' | 'billing_error' | 'invalid_request' | 'max_output_tokens'
    | 'model_not_found' | 'overloaded' | 'rate_limit' | 'server_error' | 'unknown';
  errorDetails?: string;
  lastAssistantMessage: string;
}

export interface NotificationEvent extends HookEventBase {
  type: 'Notification';
  notificationType: 'usage_limit' | 'rate_limit' | 'mcp_auth_required' | 'task_status';
  message?: string | null;
  limit?: Json;
  /** The service's `retry-after`, as it stood. */
  retryAfter?: string;
  toolId?: string;
  serverId?: string;
  error?: Json;
  data?: Json;
}

export interface PreCompactEvent extends HookEventBase {
  type: 'PreCompact';
  trigger: 'auto';
  status?: string;
  message?: string | null;
}

export interface PostCompactEvent extends HookEventBase {
  type: 'PostCompact';
  trigger: 'auto';
  compactSummary?: string;
  status?: string;
  message?: string | null;
}

export interface PostModelSwitchEvent extends HookEventBase {
  type: 'PostModelSwitch';
  source: 'auto';
  fromModel?: string;
  toModel?: string;
  trigger?: string | null;
  reason?: string | null;
  message?: string | null;
}

export interface ElicitationEvent extends HookEventBase {
  type: 'Elicitation';
  toolId: string;
  toolName: string;
  blockIndex: number;
  questions?: Json;
  message?: string;
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
  | 'cannot_patch'
  | 'core_failed'
  | 'iterator_full'
  | 'match_failed'
  | 'queue_full'
  | 'tap_failed';

/** Every hook event by its name. */
export interface HookEventMap {
  Citation: CitationEvent;
  Elicitation: ElicitationEvent;
  MessageDelta: MessageDeltaEvent;
  MessageEnd: MessageEndEvent;
  MessageRetract: MessageRetractEvent;
  MessageStart: MessageStartEvent;
  Notice: NoticeEvent;
  Notification: NotificationEvent;
  PermissionDenied: PermissionDeniedEvent;
  PermissionGranted: PermissionGrantedEvent;
  PermissionRequest: PermissionRequestEvent;
  PostCompact: PostCompactEvent;
  PostModelSwitch: PostModelSwitchEvent;
  PostToolUse: PostToolUseEvent;
  PostToolUseFailure: PostToolUseFailureEvent;
  PreCompact: PreCompactEvent;
  PreToolUse: PreToolUseEvent;
  SessionStart: SessionStartEvent;
  Stop: StopEvent;
  StopFailure: StopFailureEvent;
  ThinkingDelta: ThinkingDeltaEvent;
  ThinkingStart: ThinkingStartEvent;
  ThinkingSummary: ThinkingSummaryEvent;
  ToolInputDelta: ToolInputDeltaEvent;
  ToolUseEnd: ToolUseEndEvent;
  ToolUseStart: ToolUseStartEvent;
  ToolUseUpdate: ToolUseUpdateEvent;
  UserPromptSubmit: UserPromptSubmitEvent;
}

export type HookName = keyof HookEventMap;
export type HookEvent = HookEventMap[HookName];

/** The kinds of raw event. */
export type RawKind = 'open' | 'request' | 'response' | 'frame' | 'fragment' | 'end';

/** One event of the raw layer. */
export interface RawEvent {
  /** `sse` for frames of an event stream, `fetch` for all else, `tap` for notices. */
  source: 'sse' | 'fetch' | 'tap';
  kind: RawKind | 'notice';
  direction?: 'in' | 'out';
  streamId: number;
  ts: number;
  /** open: where and how. */
  url?: string;
  method?: string;
  /** response. */
  status?: number;
  contentType?: string;
  retryAfter?: string;
  /** frame, fragment: number, position and length in bytes, and the bytes themselves. */
  seq?: number;
  offset?: number;
  length?: number;
  bytes?: Uint8Array;
  /** frame: the event-stream fields. */
  event?: string;
  data?: string;
  lastEventId?: string;
  /** frame, request: `data` parsed when it is JSON, else `data`; worked out when first read. */
  raw?: Json;
  /** end: `done`, `cancelled`, `aborted`, `failed` or `unobserved`. */
  reason?: string;
  detail?: string;
  /** notice. */
  code?: string;
  count?: number;
}

/** An exchange that is open. */
export interface StreamInfo {
  id: number;
  url: string;
  method: string;
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
  stats(): Stats;
}

/** A payload as Claude Code's hooks send it. */
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
  limits?: {
    /** Bytes of an unfinished record kept per stream. Default 16 MiB. */
    bytesPerStream?: number;
    /** Streams open at once. Default 1,024. */
    openStreams?: number;
    /** Bytes of text or tool input kept per content block. Default 4 MiB. */
    textPerBlock?: number;
  };
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
  interface Window {
    __claudeTap: ClaudeTap;
    __claudeHooks: ClaudeHooks;
    __claudeHooksDestroy(): void;
  }
}
