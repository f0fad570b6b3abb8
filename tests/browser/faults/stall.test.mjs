// The server stalls, in the middle of a record; or the page never reads, or leaves: what came is told at once,
// nobody else waits, and what nobody will read is said to be lost.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PIPES, startBench } from './bench.mjs';
import { assertSound } from './oracle.mjs';
import { answer, carried, message, turn } from './wires.mjs';

const RECORDS = message('ü', '🌻');
// How many records come before it stalls, and how many bytes of the next.
const BEFORE = 2;
const MORE = 10;

let bench;
let cuts;
before(async () => {
  bench = await startBench();
  cuts = {};
  for (const pipe of PIPES) {
    const { wire, begins } = turn(pipe, RECORDS);
    bench.line.wires[pipe] = wire;
    cuts[pipe] = begins[BEFORE] + MORE;
  }
});
after(() => bench.close());

// In the page: one pipe stalls, the others are read meanwhile; then it goes on.
async function meanwhile({ line, pipe, pipes, cut, enough }) {
  let arrive;
  const arrived = new Promise((done) => (arrive = done));
  let goOn;
  const gone = new Promise((done) => (goOn = done));
  const stalled = __pipes.read(pipe, line, { wire: pipe, cut, rest: 1, key: `${window.__told ? 'tapped' : 'plain'}-${pipe}` }, {
    enough,
    arrived: () => {
      arrive();
      return gone;
    },
  });
  const others = [];
  for (const other of pipes) others.push(await __pipes.read(other, line, { wire: other, key: `other-${other}` }, { host: 1 }));
  await arrived;
  if (window.__told) {
    while (__claudeHooks.stats().queuedBytes) await __turn();
    window.__first = __told.of(`tapped-${pipe}`);
  }
  goOn();
  return [await stalled, others];
}

describe('a server that stalls', () => {
  for (const pipe of PIPES) {
    test(pipe, async () => {
      const enough = pipe === 'es' || pipe === 'ws' ? BEFORE : Buffer.concat(carried(pipe, RECORDS).slice(0, BEFORE)).length + MORE;
      const { seen: [stalled, others], told } = await bench.both(meanwhile, { pipe, pipes: PIPES, cut: cuts[pipe], enough }, { read: () => window.__first });
      // What had come was told while the rest was still to come.
      assert.equal(told.read.frames, BEFORE);
      assert.equal(told.read.ends, 0);
      for (const other of PIPES) assert.equal(told.streams[`other-${other}`][0].frames.length, RECORDS.length);
      assert.equal(told.streams[`tapped-${pipe}`][0].frames.length, RECORDS.length);
      assert.deepEqual([stalled.text ?? 'events', others.length], [others[PIPES.indexOf(pipe)].text ?? 'events', PIPES.length]);
      assert.deepEqual(told.notices, []);
      assertSound(told);
    });
  }
});

// In the page: each pipe is opened and not read, or not listened to, until it is left.
async function unread({ line, pipe, records }) {
  const come = async () => {
    while (window.__told && __told.of('unread').frames < records) await __turn();
  };
  const address = __pipes.address(pipe, line, { wire: pipe, then: 'stall', key: 'unread' });
  if (pipe === 'fetch') {
    window.held = await fetch(address, { method: 'POST', body: '{}' });
    return [held.status, held.bodyUsed, held.body.locked];
  }
  if (pipe === 'xhr') {
    window.held = new XMLHttpRequest();
    held.open('POST', address);
    const headers = new Promise((done) => (held.onreadystatechange = () => held.readyState === 2 && done()));
    held.send('{}');
    await headers;
    await come();
    return [held.status];
  }
  const Socket = pipe === 'es' ? EventSource : WebSocket;
  window.held = new Socket(pipe === 'es' ? address : address.replace('http', 'ws'));
  await new Promise((done) => (held.onopen = done));
  if (pipe === 'es') await come();
  return [held.readyState];
}

describe('a page that never reads, and is left', () => {
  for (const pipe of PIPES) {
    test(pipe, async () => {
      bench.line.wires[pipe] = answer(pipe, Buffer.concat(carried(pipe, RECORDS)), { announced: false });
      const { told } = await bench.both(unread, { pipe, records: RECORDS.length }, {
        // As a browser does when it is left for good.
        last: () => void dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false })),
      });
      const [found] = told.streams.unread;
      assert.deepEqual(found.ends, [['unobserved', 0]]);
      assert.deepEqual([told.failure, told.droppedBytes], [null, 0]);
      // A browser reads all but a body that is fetched by itself, and so it is seen. Whether anything came on a
      // socket that nobody listens to nobody knows: that its end was not seen is all that can be said.
      const frames = { fetch: 0, xhr: RECORDS.length, es: RECORDS.length, ws: 0 };
      const lost = pipe === 'fetch' ? { stream_unobserved: 1 } : {};
      assert.deepEqual([found.frames.length, told.counted], [frames[pipe], lost]);
    });
  }
});
