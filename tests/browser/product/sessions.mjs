// Plays the cases that are more than one exchange into a core, as tests/frames.rs does natively. What is
// said is read from the records themselves, so that nothing is lost that a payload shares with its context.
// Runs in Node and in the page.

import { Core } from '../../../src/web/core.js';
import { Converter } from '../../../src/web/convert.js';
import { messages } from '../../../src/web/messages.js';
import { pieces, randomCuts } from './cuts.mjs';
import { json } from './expectation.mjs';
import { rebuilt } from './play.mjs';

const encoder = new TextEncoder();

// What a line gives: the text itself, or JSON.
const bytesOf = (value) => encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));

const LAYERS = { context: 1, hook: 4, notice: 5 };
const JSON_TYPE = 5;

// A record as the blessed texts have it; nothing for what they leave out.
function described(core, { layer, name, fields }) {
  const title = { [LAYERS.context]: 'context', [LAYERS.hook]: core.hookNames[name], [LAYERS.notice]: `! ${core.noticeCodes[name]}` }[layer];
  if (!title) return '';
  const told = fields.filter(([field]) => field !== 'seq').map(([field, value]) => ` ${field}=${json(value)}`);
  return `${title}${told.join('')}\n`;
}

function* recordsOf(core, table, text) {
  const double = new DataView(new ArrayBuffer(8));
  for (let at = 0; at < table.length;) {
    const header = table[at++];
    const fields = [];
    for (const end = at + (header >>> 16) * 3; at < end; at += 3) {
      const [tag, a, b] = table.subarray(at, at + 3);
      double.setUint32(0, a, true);
      double.setUint32(4, b, true);
      const type = tag >>> 16;
      const values = [() => null, () => a !== 0, () => a, () => double.getFloat64(0, true), () => text.substr(a, b)];
      const value = type < JSON_TYPE ? values[type]() : JSON.parse(text.substr(a, b));
      fields.push([core.fields[tag & 0xffff], value]);
    }
    yield { layer: header & 0xff, name: (header >> 8) & 0xff, fields };
  }
}

/** What differs only by where a context is repeated is the same. */
function withoutRepeatedContext(said) {
  let last = '';
  return said.split('\n').filter((line) => {
    if (!line.startsWith('context')) return true;
    const again = line === last;
    last = line;
    return !again;
  }).join('\n');
}

/**
 * Plays a case; `said` is what its `expected.txt` has, `hooks` and `raws` are the payloads. `plan` says how bodies are
 * cut: 'whole', 'bytes', or the seed of random cuts.
 */
export function playSession(exports, lines, plan = 'whole') {
  const core = new Core(exports);
  core.listen(true, true);
  const converter = new Converter(core, () => null, () => 'sse');
  const all = { said: '', hooks: [], raws: [] };
  const sinks = {
    raw: (event) => all.raws.push(event),
    hook: (payload) => all.hooks.push(payload),
    notice: (payload) => all.hooks.push(payload),
  };
  let ts = 1000;
  let heard = '';
  const hear = (head) => core.read((table, text, memory) => {
    let said = '';
    for (const record of recordsOf(core, table, text)) said += described(core, record);
    if (said && heard !== head) all.said += head;
    if (said) heard = head;
    all.said += said;
    converter.convert(table, text, memory, sinks);
  });
  const now = messages({ stream: () => ({}), count() {}, links: null, later: (step) => step(core, ts) });
  const pipes = {};
  lines.forEach((line, index) => {
    if (line.about) return;
    ts = line.ts ?? ts + 10;
    const head = `-- ${index + 1} ${line.pipe ?? ''}\n`;
    if (line.leave) {
      now.leave();
      return hear(head);
    }
    if (line.open) {
      const { transport = 'fetch', url, headers } = line.open;
      pipes[line.pipe] = Object.keys(pipes).length + 1;
      const method = line.open.method || (transport === 'ws' ? 'WS' : 'GET');
      if (!core.open(pipes[line.pipe], { transport, url, method, headers }, ts)) throw new Error('no room for a pipe');
    }
    const id = pipes[line.pipe];
    if (line.unreadable) core.request(id, null, ts);
    else if (line.request !== undefined) core.request(id, bytesOf(line.request), ts);
    if (line.status) core.response(id, line.status, line.contentType ?? '', line.retryAfter ?? '', ts);
    hear(head);
    if (line.data !== undefined) {
      const text = typeof line.data === 'string' ? line.data : JSON.stringify(line.data);
      now.message(id, line.dir === 'out' ? 'out' : 'in', text, line.event, line.id);
      hear(head);
    } else if (line.body !== undefined) {
      const body = bytesOf(line.body);
      const cuts = { whole: () => [], bytes: () => randomCuts(body.length, 1, 1) }[plan] ?? (() => randomCuts(body.length, plan));
      for (const piece of pieces(body, cuts())) {
        core.chunk(id, piece, ts);
        hear(head);
      }
    }
    if (line.close !== undefined || line.end) core.end(id, line.end || 'done', line.reason ?? '', line.close ?? 0, ts);
    hear(head);
  });
  all.said = withoutRepeatedContext(all.said);
  return all;
}

/** What raw events add up to, each way of each pipe on its own, as hexadecimal digits. */
export function rebuiltWays(raws) {
  const ways = {};
  for (const event of raws) (ways[`${event.streamId} ${event.direction}`] ??= []).push(event);
  return Object.fromEntries(Object.entries(ways).map(([way, events]) => [way, rebuilt(events)]));
}
