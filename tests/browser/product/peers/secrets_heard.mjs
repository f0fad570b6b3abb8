// In the page: everything that a tap says and keeps, as text in which to look for secrets.

/** Before the page's scripts: what its window has by itself. */
export function before() {
  window.own = new Set(Reflect.ownKeys(window));
}

/** Keeps all that the tap of this page says from now on, and what it tells of itself at every `ask()`; `heard()` is the text. */
export function listen() {
  const { __claudeTap: tap, __claudeHooks: hooks } = window;
  const latin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  const streams = {};
  const said = [];
  const shown = (value) => JSON.stringify(value, (_, inner) => (ArrayBuffer.isView(inner) ? latin1(new Uint8Array(inner.buffer, inner.byteOffset, inner.byteLength)) : inner));
  tap.on((event) => {
    said.push(`raw ${shown({ ...event, raw: event.raw })}`);
    // What is cut between two events is whole in both together.
    if (event.bytes) streams[event.streamId] = (streams[event.streamId] ?? '') + latin1(event.bytes);
    // While it is open.
    if (event.kind !== 'frame') ask();
  });
  hooks.on('*', (event) => {
    said.push(`hook ${shown(event)} ${event.raw?.bytes ? latin1(event.raw.bytes) : ''}`);
    if (event.type !== 'Notice') said.push(`input ${shown(hooks.toHookInput(event))}`);
  });
  window.ask = () => {
    said.push(`stats ${shown(tap.stats())} ${shown(hooks.stats())}`, `streams ${shown(tap.streams())}`);
  };
  window.heard = () => [...said, ...Object.entries(streams).map(([id, bytes]) => `stream ${id} ${bytes}`)].join('\n');
}

/** What of this page's window and storage is not its own, as text. */
export async function left() {
  const seen = new Set([window]);
  const found = [];
  const walk = (value, path) => {
    if (typeof value === 'string') found.push(`${path} ${value}`);
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;
    seen.add(value);
    if (ArrayBuffer.isView(value)) return found.push(`${path} ${new TextDecoder('latin1').decode(value)}`);
    if (value instanceof Map || value instanceof Set) for (const entry of value) walk(entry, `${path}()`);
    for (const key of Reflect.ownKeys(value)) {
      const { value: inner } = Reflect.getOwnPropertyDescriptor(value, key);
      found.push(String(key));
      walk(inner, `${path}.${String(key)}`);
    }
  };
  const added = Reflect.ownKeys(window).filter((key) => !own.has(key) && key !== 'own');
  for (const key of added) walk(window[key], String(key));
  for (const name of ['fetch', 'Request', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'Response', 'MessageEvent']) walk(window[name], name);
  const stored = [...Object.entries(localStorage), ...Object.entries(sessionStorage), await indexedDB.databases(), await caches?.keys(), document.cookie];
  return { added: added.map(String), text: [...found, JSON.stringify(stored), document.documentElement.outerHTML].join('\n') };
}
