// The connection is reset behind every single byte of a turn, those of its head included.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PIPES, startBench } from './bench.mjs';
import { assertSound, lost } from './oracle.mjs';
import { answer, carried, handshake, head, message } from './wires.mjs';

// A socket waits the longer for its handshake the more others do.
const AT_ONCE = { fetch: 24, xhr: 24, es: 24, ws: 6 };
// Characters of two and of four bytes, which a cut leaves in halves.
const RECORDS = message('ü🌻');

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

/** How many whole records are within the first bytes. */
function whole(records, length) {
  let end = 0;
  return records.filter((record) => (end += record.length) <= length).length;
}

// What a page can have of so many bytes of a body: bytes, characters or records. Null if it is not told that
// there is anything.
const HAVES = {
  fetch: (records, length) => length,
  // Nothing before the first byte of its body, and nothing of so few that they may be a byte order mark.
  xhr: (records, length) => length === 0 ? null
    : length < 4 ? 0 : new TextDecoder().decode(Buffer.concat(records).subarray(0, length), { stream: true }).length,
  es: whole,
  ws: whole,
};

// In the page: one connection for every byte. From the end, because of sockets: a browser lets one wait
// that comes after many that failed.
async function everywhere({ line, tapped, pipe, haves, atOnce }) {
  const most = haves.length - 1;
  const seen = await __pipes.all(haves.length, (at) => {
    const cut = most - at;
    const key = `${tapped ? 'tapped' : 'plain'}-${pipe}-${cut}`;
    return __pipes.read(pipe, line, { wire: pipe, then: 'reset', cut, key }, { host: cut, enough: haves[cut] ?? undefined });
  }, atOnce);
  return seen.reverse();
}

// What has to be told of a page that saw `seen`, of `length` bytes.
const TOLD = {
  fetch: ({ body, length, seen }) => ({ text: seen.text, bytes: length, notices: lost(body.subarray(0, length)), ends: length === body.length ? 'done' : 'failed' }),
  xhr: ({ body, length, seen }) => ({
    text: seen.text,
    bytes: Buffer.byteLength(seen.text),
    notices: lost(Buffer.from(seen.text)),
    ends: length === body.length ? 'done' : 'failed',
  }),
  es: ({ seen }) => ({ frames: seen.events, notices: [], ends: 'cancelled' }),
  ws: ({ seen }) => ({ frames: seen.messages.map((text) => ['message', text, '']), notices: [], ends: 'failed' }),
};

describe('a connection that is reset at every byte', () => {
  for (const pipe of PIPES) {
    test(pipe, async () => {
      // Of what an event stream and a socket carry, a part is enough: it is wrapped, and long.
      const records = carried(pipe, pipe === 'es' || pipe === 'ws' ? RECORDS.slice(1, 3) : RECORDS);
      const body = Buffer.concat(records);
      const begin = pipe === 'ws' ? handshake('').length : head('text/event-stream', [`content-length: ${body.length}`]).length;
      bench.line.wires[pipe] = answer(pipe, body);
      const haves = Array.from({ length: begin + body.length + 1 }, (_, cut) => (cut < begin ? null : HAVES[pipe](records, cut - begin)));
      const { seen, told } = await bench.both(everywhere, { pipe, haves, atOnce: AT_ONCE[pipe] });

      for (const [cut, have] of haves.entries()) {
        const at = `behind byte ${cut}`;
        const found = told.streams[`tapped-${pipe}-${cut}`];
        // What never opens is none.
        if (pipe === 'ws' && cut < begin) {
          assert.equal(found, undefined, at);
          continue;
        }
        assert.equal(found.length, 1, at);
        const expected = TOLD[pipe]({ body, length: Math.max(0, cut - begin), seen: seen[cut] });
        for (const [name, value] of Object.entries(expected)) {
          if (name === 'ends') assert.deepEqual(found[0].ends.map(([how]) => how), [value], at);
          else if (name === 'notices') assert.deepEqual(found[0].notices.filter(([code]) => code === 'record_cut'), value, at);
          else assert.deepEqual(found[0][name], value, at);
        }
        // A request that was sent is a turn, and has an end.
        if (pipe === 'fetch' || pipe === 'xhr') assert.match(found[0].hooks.at(-1), /^(Stop|StopFailure)$/, at);
        // The test itself: pages did get that far.
        if (pipe === 'es' || pipe === 'ws') assert.equal(found[0].frames.length, have ?? 0, at);
      }
      assertSound(told);
    });
  }
});
