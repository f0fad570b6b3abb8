// Plays corpus cases into a core, whatever runs it, through the JavaScript that ships around it.
// Runs in Node and in the page.

import { Core } from '../../../src/web/core.js';
import { Converter } from '../../../src/web/convert.js';
import { pieces } from './cuts.mjs';

/**
 * Plays a chain of cases; the last one in pieces. What the last one said: hook payloads and notices
 * (`hooks`), raw events (`raws`). `batched`: all is read at the end, as from a page that was busy.
 */
export function play(exports, chain, cuts, { batched = false } = {}) {
  const core = new Core(exports);
  const converter = new Converter(core, () => null, () => 'sse');
  core.listen(true, true);
  let said;
  const sinks = {
    raw: (event) => said.raws.push(event),
    hook: (payload) => said.hooks.push(payload),
    notice: (payload) => said.hooks.push(payload),
  };
  const hear = () => core.read((table, text, memory) => converter.convert(table, text, memory, sinks));
  for (const [index, { meta, request, body }] of chain.entries()) {
    said = { hooks: [], raws: [] };
    const id = index + 1;
    const start = 1000 * id;
    if (!core.open(id, { url: meta.url, method: meta.method || 'POST' }, start)) throw new Error('no room for a stream');
    if (request) core.request(id, request, start);
    if (meta.status) core.response(id, meta.status, meta.contentType ?? '', meta.retryAfter ?? '', start + 50);
    if (!batched) hear();
    for (const piece of pieces(body, id === chain.length ? cuts : [])) {
      core.chunk(id, piece, start + 100);
      if (!batched) hear();
    }
    core.end(id, meta.ending ?? 'done', meta.endingDetail ?? '', 0, start + 200);
    hear();
  }
  return said;
}

/** Everything a payload or raw event says, comparable: bytes as hexadecimal digits. */
export const plain = (events) => JSON.parse(JSON.stringify(events, (_, value) => (value instanceof Uint8Array ? hex(value) : value)));

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The body that raw events add up to, as hexadecimal digits; throws where bytes lack or overlap. */
export function rebuilt(raws) {
  let at = 0;
  let out = '';
  for (const { kind, offset, length, bytes } of raws) {
    if (kind !== 'frame' && kind !== 'fragment') continue;
    if (offset !== at || bytes.length !== length) throw new Error(`after ${at} bytes comes ${offset}, ${bytes.length} of ${length}`);
    at += length;
    out += hex(bytes);
  }
  return out;
}
