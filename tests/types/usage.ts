// What people write with it, as the documentation shows it.

import { install, toHookInput, version, type Export, type Handle, type HookEvent, type RawEvent, type Stats } from 'pagetap';
import { check, type Same } from './same';

// Installing, with each option.
const handle: Handle = install();
install({ match: 'dialects' });
install({ match: 'all' });
install({ match: /messages/ });
install({ match: (url, method) => method === 'POST' && url.endsWith('/v1/messages') });
install({ limits: { bytesPerStream: 1 << 20, openStreams: 4, textPerBlock: 1 << 16 } });
install({ wasm: '/pagetap.wasm' });
install({ wasm: new URL('https://example.org/pagetap.wasm') });
install({ wasm: new Uint8Array(8) });
install({ wasm: new Response() });
install({ dom: true });
install({ wire: false });
// @ts-expect-error there is no such traffic
install({ match: 'everything' });
// @ts-expect-error there is no such option
install({ matches: 'all' });
check<Same<typeof version, string>>();

// The handle, and the globals.
check<Same<typeof handle.hooks, typeof window.__claudeHooks>>();
check<Same<typeof handle.tap, typeof window.__claudeTap>>();
handle.destroy();
window.__claudeHooksDestroy();
// @ts-expect-error fixed when it was made
handle.hooks = window.__claudeHooks;

// Subscribing in every way.
const { __claudeHooks: hooks, __claudeTap: tap } = window;
const unsubscribe = hooks.on('Stop', ({ stopReason, lastAssistantMessage }) => console.log(stopReason, lastAssistantMessage));
check<Same<typeof unsubscribe, () => void>>();
unsubscribe();
const controller = new AbortController();
hooks.on('MessageDelta', ({ text }) => console.log(text), { signal: controller.signal });
hooks.on('MessageStart', async ({ model }) => console.log(model), { once: true });
const listener = (event: HookEvent) => console.log(event.type);
hooks.on('*', listener);
hooks.off('*', listener);

export async function waiting(): Promise<string> {
  const { toolInput } = await hooks.once('PreToolUse', { signal: AbortSignal.timeout(1000) });
  if (typeof toolInput === 'object' && toolInput !== null && !Array.isArray(toolInput)) console.log(toolInput['command']);
  const any = await hooks.once('*');
  check<Same<typeof any, HookEvent>>();
  for await (const event of hooks.events({ signal: controller.signal })) {
    if (event.type === 'Stop') return event.lastAssistantMessage;
  }
  return '';
}

// Tables.
check<Same<ReturnType<typeof hooks.translate>, boolean>>();
hooks.translate('{"dialect":"messages","reset":true}');
hooks.translate([{ dialect: 'claudeai', reset: true }, {
  dialect: 'claudeai',
  endpoints: [{ method: 'POST', path: '/api/{chat}/completion2', says: 'prompt', needs: { accept: 'event-stream' } }],
  signs: [{ event: 'message_begin', at: '/message/uuid' }],
  events: {
    message_begin: { like: 'message_start', fields: { model: ['/message/model', '=unknown'] } },
    old_name: { act: 'ignore' },
    said: { act: 'emit', hook: 'Notification', fields: { message: '/text' }, unless: { at: '/kind', is: 'x' } },
  },
  blocks: { tool_call: { is: 'toolUse', fields: { statusMessage: '/content_block/note' } } },
  deltas: { text_piece: { does: 'text', fields: { text: '/delta/t' } } },
}]);
hooks.translate({ dialect: 'claudeai', page: { user: '.mine', send: '', paths: ['/c/{conversation}'], conversationId: 'data-id' } });
// @ts-expect-error there is no such part
hooks.translate({ dialect: 'claudeai', page: { usr: '.mine' } });
// @ts-expect-error there is no such dialect
hooks.translate({ dialect: 'klingon' });
// @ts-expect-error there is no such act
hooks.translate({ dialect: 'messages', events: { x: { act: 'strat' } } });
// @ts-expect-error there is no such field
hooks.translate({ dialect: 'messages', events: { x: { act: 'start', fields: { modell: '/m' } } } });
// @ts-expect-error what is emitted must be named
hooks.translate({ dialect: 'messages', events: { x: { act: 'emit' } } });
// @ts-expect-error notices are the tap's own
hooks.translate({ dialect: 'messages', deltas: { x: { does: 'emit', hook: 'Notice' } } });
// @ts-expect-error there is no such kind of block
hooks.translate({ dialect: 'messages', blocks: { x: { is: 'txt' } } });

// What is on screen.
const { parts, missing, conversationId } = mapClaudeDOM();
check<Same<typeof conversationId, string | null>>();
check<Same<typeof parts.user.elements, Element[]>>();
for (const part of missing) console.log(part, parts[part].selector, hooks.mapDOM().known);
hooks.on('MessageStart', ({ source, renderedAt, confidence }) => {
  check<Same<typeof renderedAt, number | undefined>>();
  check<Same<typeof confidence, 'high' | 'medium' | 'low' | undefined>>();
  console.log(source);
});
hooks.on('PermissionRequest', ({ message }) => {
  check<Same<typeof message, string | undefined>>();
});
hooks.on('Notice', ({ code }) => console.log(code === 'dom_missed' || code === 'dom_failed'));

// Exports.
const exported: Export = hooks.export({ to: 'http://127.0.0.1:4318' });
hooks.export({
  to: new URL('https://example.org/hooks'),
  format: 'hooks',
  include: ['prompts', 'toolInputs'],
  events: ['Stop', 'PreToolUse', 'SomeFutureEvent'],
  redact: [/internal/i, { pattern: 'x+', with: 'y' }],
  headers: { authorization: 'Bearer x' },
  resource: { 'service.name': 'mine', beta: true, shard: 3 },
  dryRun: ({ url, text }) => console.log(url.length, text?.length),
  limits: { rows: 10 },
});
// @ts-expect-error there must be a collector
hooks.export({});
// @ts-expect-error there is no such class of content
hooks.export({ to: '/c', include: ['everything'] });
// @ts-expect-error there is no such format
hooks.export({ to: '/c', format: 'xml' });
export async function sending(): Promise<void> {
  const unsubscribe = exported.on('state', ({ state, why }) => console.log(state === 'blocked' && why));
  check<Same<ReturnType<typeof exported.stats>['dropped'], { [reason: string]: number }>>();
  for (const { headers, body, count } of await exported.preview()) console.log(headers['content-type'], body.byteLength, count.toFixed());
  await exported.openRelay();
  await exported.flush({ signal: AbortSignal.timeout(1000) });
  await exported.stop();
  unsubscribe();
}

// The raw layer.
tap.on((event: RawEvent) => {
  if (event.kind !== 'frame') return;
  check<Same<typeof event.bytes, Uint8Array | undefined>>();
  console.log(event.source, event.streamId, event.seq, event.raw);
});
for (const { url, status, bytes } of tap.streams()) console.log(url, status, bytes);
const stats: Stats = tap.stats();
const encoding: 'loading' | 'wasm' | 'js' | 'interpreter' = stats.encoding;
console.log(encoding, stats.hooks['Stop'], stats.notices['queue_full']);

// Claude Code's form.
hooks.on('*', (event) => {
  const input = toHookInput(event);
  check<Same<typeof input.hook_event_name, string>>();
  console.log(input.session_id, input['tool_name'], hooks.toHookInput(event).cwd);
});
