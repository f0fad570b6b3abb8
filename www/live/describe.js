// What to say about an event in one line. Data first: a family per name, and
// the fields that matter. Names and values are the wire's: they can be anything.

import { texted } from './texted.js';

export const FAMILIES = ['session', 'message', 'thinking', 'tool', 'permission', 'failure'];

const FAMILY = {
  SessionStart: 'session', SessionEnd: 'session', UserPromptSubmit: 'session', TurnStart: 'session', Stop: 'session', Interrupt: 'session', Notification: 'session',
  PreCompact: 'session', PostCompact: 'session', PostModelSwitch: 'session', ConfigChange: 'session',
  SubagentStart: 'session', SubagentStop: 'session', TaskCreated: 'session', TaskCompleted: 'session', SamplingRequest: 'session',
  MessageStart: 'message', MessageDelta: 'message', MessageEnd: 'message', MessageRetract: 'message', Citation: 'message',
  ThinkingStart: 'thinking', ThinkingDelta: 'thinking', ThinkingSummary: 'thinking',
  ToolUseStart: 'tool', ToolInputDelta: 'tool', ToolUseUpdate: 'tool', ToolUseEnd: 'tool', PreToolUse: 'tool', PostToolUse: 'tool', Progress: 'tool', FileChanged: 'tool',
  PermissionRequest: 'permission', PermissionGranted: 'permission', PermissionDenied: 'permission', PermissionCancelled: 'permission', Elicitation: 'permission', ElicitationResult: 'permission',
  PostToolUseFailure: 'failure', StopFailure: 'failure', Gap: 'failure', Notice: 'failure',
};

const FIELDS = {
  SessionStart: ['source', 'model', 'serverInfo'],
  SessionEnd: ['reason'],
  TurnStart: ['model', 'permissionMode'],
  SubagentStart: ['agentType', 'agentId'],
  SubagentStop: ['agentType', 'agentId', 'status'],
  ConfigChange: ['source', 'permissionMode'],
  Progress: ['message', 'toolName'],
  FileChanged: ['filePath'],
  Notice: ['code', 'detail'],
  UserPromptSubmit: ['prompt'],
  Stop: ['stopReason', 'lastAssistantMessage'],
  StopFailure: ['error', 'errorDetails'],
  Notification: ['notificationType', 'message'],
  MessageStart: ['model'],
  MessageEnd: ['stopReason', 'complete'],
  MessageRetract: ['fromIndex'],
  Citation: ['citation'],
  ThinkingSummary: ['text'],
  ToolUseStart: ['toolName', 'statusMessage'],
  ToolUseUpdate: ['message', 'toolName'],
  ToolUseEnd: ['toolName'],
  PreToolUse: ['toolName', 'toolInput'],
  PostToolUse: ['toolName', 'durationMs', 'toolResponse'],
  PostToolUseFailure: ['toolName', 'error'],
  PermissionRequest: ['toolName', 'approvalOptions'],
  PermissionGranted: ['toolName', 'source'],
  PermissionDenied: ['toolName', 'reason'],
  Elicitation: ['questions', 'message'],
  ElicitationResult: ['action'],
  PreCompact: ['trigger'],
  PostCompact: ['compactSummary', 'trigger'],
  PostModelSwitch: ['fromModel', 'toModel'],
};

const PIECE = { MessageDelta: 'text', ThinkingDelta: 'text', ToolInputDelta: 'partial' };

/** A hook event: its name, family, line, and what folds it into the row before. */
export function describeHook(event) {
  const piece = of(PIECE, event.type);
  return {
    name: texted(event.type),
    family: of(FAMILY, event.type) ?? 'session',
    parts: piece ? [] : parts(event, of(FIELDS, event.type) ?? []),
    piece: piece ? texted(event[piece] ?? '') : null,
    fold: piece ? `${event.type} ${texted(event.streamId)} ${texted(event.blockIndex)}` : null,
    begins: event.type === 'UserPromptSubmit' || event.type === 'SessionStart',
  };
}

/** A raw event, coloured by the hook family its name is nearest to. */
export function describeRaw(event) {
  const name = texted(event.event || event.kind);
  const type = word(event.raw?.delta?.type);
  const block = word(event.raw?.content_block?.type);
  return {
    name,
    family: rawFamily(event, name),
    parts: [...parts(event, ['method', 'url', 'status', 'contentType', 'reason']), type || block, size(event)].filter(Boolean),
    piece: null,
    fold: type ? `${name} ${type} ${texted(event.streamId)} ${texted(event.raw.index)}` : null,
    begins: event.kind === 'open' && /completion$/.test(word(event.url)),
  };
}

const of = (table, name) => (typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined);
const word = (value) => (typeof value === 'string' ? value : '');

function rawFamily(event, name) {
  const type = word(event.raw?.content_block?.type) || word(event.raw?.delta?.type);
  if (name === 'error' || (typeof event.status === 'number' && event.status >= 400)) return 'failure';
  if (type.startsWith('thinking')) return 'thinking';
  if (type.startsWith('tool') || type.startsWith('input_json')) return 'tool';
  if (name === 'tool_approval') return 'permission';
  return /^(message|content)/.test(name) ? 'message' : 'session';
}

function size(event) {
  const bytes = event.bytes?.byteLength ?? event.length;
  return typeof bytes === 'number' ? `${bytes} B` : null;
}

function parts(event, names) {
  return names.map((name) => part(name, event[name])).filter(Boolean);
}

function part(name, value) {
  if (typeof value === 'boolean') return value ? name : `not ${name}`;
  if (name === 'durationMs' && typeof value === 'number') return `${Math.round(value)} ms`;
  return first(value);
}

/** A value's beginning, on one line. */
function first(value) {
  if (value == null || value === '') return '';
  const text = typeof value === 'object' ? shortJson(value) : texted(value);
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

function shortJson(value) {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ');
  if (Array.isArray(value) && value[0]?.type) return value.map((item) => texted(item?.text ?? item?.title ?? item?.type ?? '')).join(', ');
  if (Array.isArray(value) && value[0]?.question) return texted(value[0].question);
  if (typeof value.title === 'string' && typeof value.url === 'string') return value.title;
  return texted(value);
}
