// What a collector would get, before it gets anything: one small request to see whether it is taken, and a look
// at the requests that would be made of what is recorded or shown.

import { BATCH } from '../../src/web/export/drain.js';
import { Encoder } from '../../src/web/export/encoder.js';
import { signalsOf } from '../../src/web/export/options.js';
import { post } from '../../src/web/export/post.js';
import { mostOf, requestMaker, shown } from '../../src/web/export/requests.js';
import { openRoute } from '../../src/web/export/route.js';
import { configOf, encoding, isSent, jsonOf } from './collector.js';
import { optionsOf } from './collector_settings.js';
import { granted } from './consent.js';
import { loadExporter } from './exporter.js';
import { platform } from './platform.js';

// Says nothing of anybody.
const SMALLEST = {
  hooks: { type: 'Notification', notificationType: 'pagetap_trial' },
  ndjson: { type: 'Notice', code: 'trial' },
};
const MOST_REQUESTS = 20;
// In characters.
const MOST_SHOWN = 4 << 20;

/** `{reached, accepted, status, why}` of one small request, as answered. */
export async function attempt(collector) {
  const options = optionsOf(collector);
  const { format, to } = options;
  const instance = platform.randomHex(16);
  const exports = await loadExporter();
  const requestOf = requestMaker({ options, exports, instance });
  const route = openRoute({ ...platform, route: 'direct', to, granted: () => granted(to) });
  const events = format.startsWith('otlp') ? [] : [{ layer: 'hook', ts: platform.now(), ...SMALLEST[format] }];
  const items = itemsOf(exports, options, instance, events);
  const [signal] = signalsOf(options);
  const { kind, status, error } = await post(requestOf(configOf(options, instance), signal, items), platform);
  const reached = kind !== 'unreachable';
  const why = reached ? error : `${(await route.diagnose(true)).why} (${error})`;
  return { reached, accepted: kind === 'accepted', status, why };
}

/**
 * What would be sent of `told`: `{requests, more, events}`, as many as can be looked at, whether there would be
 * more, and of how many events.
 */
export async function preview(collector, told) {
  const events = told.filter(isSent).filter(isReadable);
  const options = optionsOf(collector);
  const instance = platform.randomHex(16);
  const exports = await loadExporter();
  const requestOf = requestMaker({ options, exports, instance });
  const items = itemsOf(exports, options, instance, events);
  const requests = [];
  let room = MOST_SHOWN;
  let more = false;
  for (const some of batches(items, mostOf(options.format, BATCH))) {
    more = requests.length >= MOST_REQUESTS || room <= 0;
    if (more) break;
    const { url, method, headers, text } = shown(requestOf(configOf(options, instance), some[0].signal, some));
    requests.push({ url, method, headers, text: text ?? readable(exports, options, instance, events, some) });
    room -= requests.at(-1).text.length;
  }
  return { requests, more, events: events.length };
}

// What a page has made too deep to be written is not sent, and keeps nothing else from it (collector.js).
function isReadable(event) {
  try {
    return jsonOf(event) !== undefined;
  } catch {
    return false;
  }
}

function itemsOf(exports, options, instance, events) {
  const encoder = new Encoder(exports, { ...encoding(options), instance });
  const items = events.flatMap((event, at) => {
    const json = jsonOf(event);
    return json === undefined ? [] : encoder.take(json, at + 1).items;
  });
  encoder.close();
  return items;
}

// One signal after the other, as many in a request as one has.
function batches(items, { items: most, bytes: mostBytes }) {
  const found = [];
  for (const signal of new Set(items.map(({ signal }) => signal))) {
    let batch = [];
    let size = 0;
    for (const item of items.filter((item) => item.signal === signal)) {
      if (batch.length && (batch.length >= most || size + item.bytes.length > mostBytes)) {
        found.push(batch);
        [batch, size] = [[], 0];
      }
      batch.push(item);
      size += item.bytes.length;
    }
    found.push(batch);
  }
  return found;
}

// Nobody reads protobuf: the same items in OTLP's other encoding.
function readable(exports, options, instance, events, some) {
  const json = { ...options, format: 'otlp-json' };
  const wanted = new Set(some.map(({ signal, id }) => `${signal}${id}`));
  const items = itemsOf(exports, json, instance, events).filter(({ signal, id }) => wanted.has(`${signal}${id}`));
  return shown(requestMaker({ options: json, exports, instance })(configOf(json, instance), some[0].signal, items)).text;
}
