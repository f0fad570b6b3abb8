// A recorded turn as it travels from the page to the extension's pages: hook and raw events of one
// answer with a tool, as the bridge hands them over.

export const BEGAN = Date.UTC(2026, 8, 21, 9, 30);
const PROMPT = 'Plan a picnic for Saturday and put it in my calendar.';
const ANSWER = ['Saturday looks dry ', 'and mild. ', 'I have put the picnic ', 'in your calendar for noon.'];

export function turn() {
  const events = [];
  const counts = { hook: 0, raw: 0 };
  let seq = 0;
  let offset = 0;
  let ms = 0;

  const put = (layer, event) => {
    counts[layer] += 1;
    ms += 40;
    events.push({ layer, frame: 0, n: events.length + 1, ts: BEGAN + ms, streamId: 1, ...event });
  };
  const hook = (type, fields = {}, raw) => put('hook', {
    type, conversationId: 'c-1', dialect: 'claudeai', source: 'wire', seq: counts.hook, turnId: 't1', observed: true, ...fields, ...(raw && { raw }),
  });
  /** A frame, and where it stands for the hooks it causes. */
  function frame(event, value) {
    const data = JSON.stringify(value);
    const bytes = Buffer.from(`event: ${event}\ndata: ${data}\n\n`);
    const link = { streamId: 1, seq, offset, length: bytes.length };
    put('raw', { source: 'sse', kind: 'frame', direction: 'in', event, data, ...link, bytes: bytes.toString('base64') });
    seq += 1;
    offset += bytes.length;
    return link;
  }

  put('raw', { source: 'fetch', kind: 'open', url: 'https://claude.ai/api/organizations/o/chat_conversations/c-1/completion', method: 'POST', transport: 'sse' });
  put('raw', { source: 'fetch', kind: 'request', direction: 'out', data: JSON.stringify({ prompt: PROMPT }) });
  hook('SessionStart', { source: 'resume', model: 'claude-sonnet-4-5' });
  hook('UserPromptSubmit', { prompt: PROMPT, model: 'claude-sonnet-4-5' });
  put('raw', { source: 'fetch', kind: 'response', status: 200, contentType: 'text/event-stream' });
  hook('MessageStart', { messageId: 'm1', model: 'claude-sonnet-4-5' }, frame('message_start', { type: 'message_start', message: { id: 'm1' } }));
  hook('ThinkingStart', { blockIndex: 0 }, frame('content_block_start', { type: 'content_block_start', index: 0, content_block: { type: 'thinking' } }));
  hook('ThinkingDelta', { blockIndex: 0, text: 'The forecast first, then the calendar.' }, frame('content_block_delta', { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'The forecast first, then the calendar.' } }));
  const input = { day: '2026-09-26', place: 'the allotments' };
  hook('ToolUseStart', { blockIndex: 1, toolId: 'u1', toolName: 'weather_forecast' }, frame('content_block_start', { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'u1', name: 'weather_forecast' } }));
  const whole = frame('content_block_stop', { type: 'content_block_stop', index: 1 });
  hook('PreToolUse', { blockIndex: 1, toolId: 'u1', toolName: 'weather_forecast', toolInput: input, blocking: false }, whole);
  hook('PostToolUse', { toolId: 'u1', toolName: 'weather_forecast', toolInput: input, toolResponse: [{ type: 'text', text: 'dry, 19 °C' }], durationMs: 412 }, frame('content_block_start', { type: 'content_block_start', index: 2, content_block: { type: 'tool_result', tool_use_id: 'u1' } }));
  hook('PermissionRequest', { toolId: 'u2', toolName: 'calendar_add', toolInput: { title: 'Picnic', at: '12:00' }, approvalOptions: ['allow_once', 'deny'], blocking: false }, frame('tool_approval', { type: 'tool_approval', tool_use_id: 'u2' }));
  hook('PermissionGranted', { toolId: 'u2', toolName: 'calendar_add', source: 'wire' });
  for (const text of ANSWER) hook('MessageDelta', { blockIndex: 3, text }, frame('content_block_delta', { type: 'content_block_delta', index: 3, delta: { type: 'text_delta', text } }));
  hook('MessageEnd', { stopReason: 'end_turn', complete: true, source: 'sse' }, frame('message_stop', { type: 'message_stop' }));
  hook('Stop', { stopReason: 'end_turn', lastAssistantMessage: ANSWER.join('') });
  put('raw', { source: 'fetch', kind: 'end', reason: 'done' });
  return events;
}

/** Text that would be more than text if a page believed it. */
export const HOSTILE = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>&lt;b&gt;‮';

const NO_TEXT = () => Object.fromEntries(
  ['text', 'prompt', 'stopReason', 'lastAssistantMessage', 'code', 'detail', 'streamId', 'blockIndex', 'toolName', 'durationMs', 'message', 'event', 'kind', 'url', 'method', 'status', 'ts', 'confidence', 'observed', 'renderedAt', 'raw', 'seq', 'offset', 'length', 'frame']
    .map((name) => [name, { toString: null }])
    .concat([['toolResponse', [{ type: 1, text: { toString: null } }]], ['questions', [{ question: { toString: null } }]]]),
);

/** Events of a page that wants to be believed, or to break the list. */
export function hostile() {
  const event = (type, fields) => ({ layer: 'hook', frame: 0, n: 1, ts: BEGAN, streamId: 1, type, ...fields });
  return [
    // Objects of which nothing can be made a text.
    ...['MessageDelta', 'UserPromptSubmit', 'Stop', 'Notice', 'PostToolUse', 'Elicitation'].map((type) => event(type, NO_TEXT())),
    event({ toString: null }, { streamId: { toString: null } }),
    { layer: 'raw', frame: 0, n: 3, ts: BEGAN, ...NO_TEXT(), data: '{"delta":{"type":"text_delta"},"index":{"toString":null}}' },
    event('MessageDelta', { text: HOSTILE, blockIndex: 0 }),
    event(HOSTILE, {}),
    event('constructor', {}),
    event('__proto__', {}),
    event('UserPromptSubmit', { prompt: { toString: 1 }, ts: 'soon' }),
    event('MessageDelta', { text: { not: 'text' }, blockIndex: 1 }),
    event({ type: 'Stop' }, {}),
    event('PostToolUse', { toolName: [null], toolResponse: [{ type: 1 }, null] }),
    event('Stop', { confidence: HOSTILE, stopReason: HOSTILE }),
    { layer: 'raw', frame: 0, n: 2, ts: BEGAN, streamId: 1, kind: 'frame', event: HOSTILE, data: '{"delta":{"type":7},"content_block":{"type":[]}}', bytes: '!!' },
    null,
    'text',
  ];
}
