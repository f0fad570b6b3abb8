// Answers that are not what they say: their type, their encoding, their length, their bytes, their frames.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BROWSER } from '../browser.mjs';
import { startBench } from './bench.mjs';
import { assertSound, lost } from './oracle.mjs';
import { answer, carried, closing, frame, handshake, message } from './wires.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const RECORDS = message('ü🌻');
const GIGABYTES = 10 * 2 ** 30;
const chunked = ['transfer-encoding: chunked'];
const chunk = (bytes) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const LAST = Buffer.from('0\r\n\r\n');

// By name: what is written for a body, and how it is announced.
const BODIES = {
  'no type': (body) => ({ body, type: '' }),
  'text/plain': (body) => ({ body, type: 'text/plain' }),
  'application/json': (body) => ({ body, type: 'application/json' }),
  'image/png': (body) => ({ body, type: 'image/png' }),
  'a type that is none': (body) => ({ body, type: '; /=' }),
  'two types': (body) => ({ body, type: 'text/event-stream', lines: ['content-type: text/html'] }),
  'another charset': (body) => ({ body, type: 'text/event-stream; charset=iso-8859-1' }),
  'a charset that is none': (body) => ({ body, type: 'text/event-stream; charset=none-such' }),
  'a byte order mark, of UTF-8': (body) => ({ body: Buffer.concat([Buffer.from('\ufeff'), body]) }),
  'UTF-16': (body) => ({ body: Buffer.from(String(body), 'utf16le') }),
  'bytes that are no UTF-8': (body) => ({ body: Buffer.from(String(body).replaceAll('type', '\xff\xc0\x80\0'), 'latin1') }),
  'gzip': (body) => ({ body: gzipSync(body), lines: ['content-encoding: gzip'] }),
  'gzip, cut': (body) => ({ body: gzipSync(body).subarray(0, -20), lines: ['content-encoding: gzip'] }),
  'gzip, cut in its head': (body) => ({ body: gzipSync(body).subarray(0, 5), lines: ['content-encoding: gzip'] }),
  'gzip, its sum is wrong': (body) => {
    const bytes = gzipSync(body);
    bytes[bytes.length - 6] ^= 1;
    return { body: bytes, lines: ['content-encoding: gzip'] };
  },
  'gzip that is none': (body) => ({ body, lines: ['content-encoding: gzip'] }),
  'gzip that nobody named': (body) => ({ body: gzipSync(body) }),
  'an encoding that is none': (body) => ({ body, lines: ['content-encoding: none-such'] }),
  '10 GB announced': (body) => ({ body, lines: [`content-length: ${GIGABYTES}`], announced: false }),
  'more than was announced': (body) => ({ body, lines: [`content-length: ${body.length - 20}`], announced: false }),
  'two lengths': (body) => ({ body, lines: ['content-length: 7'] }),
  'a length that is none': (body) => ({ body, lines: ['content-length: -1'], announced: false }),
  'chunks': (body) => ({ body: Buffer.concat([chunk(body), LAST]), lines: chunked, announced: false }),
  'chunks, the last is missing': (body) => ({ body: chunk(body), lines: chunked, announced: false }),
  'chunks, one of 10 GB': (body) => ({ body: Buffer.concat([Buffer.from(`${GIGABYTES.toString(16)}\r\n`), body]), lines: chunked, announced: false }),
  'chunks that are none': (body) => ({ body: Buffer.concat([chunk(body), Buffer.from('no chunk\r\n')]), lines: chunked, announced: false }),
  'nothing': () => ({ body: Buffer.alloc(0) }),
};

// By name: what comes on a socket behind one good message, which is whole.
const FRAMES = {
  'a reserved bit': [frame('x', 0xc1)],
  'an opcode that is none': [frame('x', 0x83)],
  'a continuation of nothing': [frame('x', 0x80)],
  'a text within a text': [frame('x', 0x01), frame('y', 0x81)],
  'a text in pieces, cut': [frame('{"type":"', 0x01), frame('stream', 0x00)],
  'a text in pieces, and a ping': [frame('{"type":"', 0x01), frame('', 0x89), frame('stream_event"}\n', 0x80), closing(1000)],
  'a ping that is too long': [frame('x'.repeat(200), 0x89)],
  'masked, as only a client may': [Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78])],
  'text that is no UTF-8': [frame(Buffer.from([0xff, 0xc0]))],
  'half a character': [frame(Buffer.from('🌻').subarray(0, 2))],
  'bytes': [frame(Buffer.from([1, 2, 3]), 0x82), closing(1000)],
  '10 GB announced': [Buffer.from([0x81, 127, 0, 0, 0, 2, 0x80, 0, 0, 0]), Buffer.from('x'.repeat(100))],
  'a length of 64 bits': [Buffer.from([0x81, 127, ...Array(8).fill(255)])],
  'a closing code that is none': [closing(5)],
  'a closing frame of one byte': [frame('x', 0x88)],
  'closed, and more': [closing(1000), frame('late')],
  'closed for another reason': [closing(4003)],
};

// In the page: all of them. `cut`: what comes behind it comes once the page has a message.
async function each({ line, tapped, pipe, names, cut }) {
  const later = cut ? { cut, rest: 1 } : {};
  return __pipes.all(names.length, (at) => {
    const about = { wire: `${pipe} ${names[at]}`, key: `${tapped}-${pipe}-${names[at]}`, ...later };
    return __pipes.read(pipe, line, about, { host: at, enough: cut && 1 });
  }, 6);
}

// How much of a body comes before its error is between the network and the page.
const settled = (seen) => seen.map(({ text, bytes, ...rest }) => {
  const failed = rest.end ? rest.end !== 'done' : rest.ends && rest.ends[0] !== 'load';
  return failed || text === undefined ? rest : { ...rest, text, bytes };
});

// How an exchange ends, by what the page saw of it.
const HOW = {
  fetch: ({ end }) => (end === 'done' ? 'done' : 'failed'),
  xhr: ({ ends }) => (ends[0] === 'load' ? 'done' : 'failed'),
  es: ({ state }) => (state === 2 ? 'failed' : 'cancelled'),
};

// What is told of records that are there and cannot be read.
const MANGLED = RECORDS.map(() => ['invalid_json', 1]);
const UNREAD = { 'application/json': [['invalid_json', 1]], 'bytes that are no UTF-8': MANGLED };

// What Firefox's EventSource makes of bytes that are no UTF-8 is JSON.
const MANGLED_EVENTS = RECORDS.map(() => [BROWSER === 'firefox' ? 'unknown_event' : 'invalid_json', 1]);

const UNREAD_MESSAGES = {
  'a text in pieces, and a ping': [['unknown_event', 1]],
  // Firefox takes it: a record without an end.
  ...(BROWSER === 'firefox' && { 'masked, as only a client may': [['record_cut', 1]] }),
};

// What has no records at all is one that is cut.
const NO_RECORDS = ['UTF-16', 'gzip that nobody named'];

describe('an answer that is not what it says', () => {
  for (const pipe of ['fetch', 'xhr', 'es']) {
    test(pipe, async () => {
      const names = Object.keys(BODIES);
      const records = Buffer.concat(carried(pipe, RECORDS));
      for (const name of names) {
        const { body, ...options } = BODIES[name](records);
        bench.line.wires[`${pipe} ${name}`] = answer(pipe, body, options);
      }
      const { seen, told } = await bench.both(each, { pipe, names }, { same: settled });
      for (const [at, name] of names.entries()) {
        const [found, ...more] = told.streams[`true-${pipe}-${name}`];
        assert.deepEqual(more, [], name);
        const end = HOW[pipe](seen[at]);
        assert.deepEqual(found.ends, [[end, 0]], name);
        if (pipe === 'es') assert.deepEqual(found.frames, seen[at].events, name);
        else assert.equal(found.text, seen[at].text, name);
        const cut = name === 'gzip, cut' && end === 'done' ? [['block_incomplete', 1]] : [];
        if (pipe === 'fetch') assert.equal(found.bytes, seen[at].bytes, name);
        let unread = pipe === 'es' ? (name === 'bytes that are no UTF-8' ? MANGLED_EVENTS : []) : UNREAD[name] ?? lost(Buffer.from(found.text));
        if (pipe !== 'es' && NO_RECORDS.includes(name)) unread = [['record_cut', found.bytes]];
        assert.deepEqual(found.notices, [...unread, ...cut], name);
        // Where the page has the whole turn, so have we.
        if (pipe !== 'es' && seen[at].text === String(records)) assert.equal(found.hooks.includes('Stop'), !UNREAD[name], name);
      }
      assertSound(told);
    });
  }

  test('ws', async () => {
    const names = Object.keys(FRAMES);
    const [good] = carried('ws', RECORDS);
    for (const name of names) bench.line.wires[`ws ${name}`] = answer('ws', Buffer.concat([good, ...FRAMES[name]]));
    // Else the error comes first in Firefox, now and then.
    const cut = handshake('').length + good.length;
    // Whether Firefox finds an end clean that the connection's own end follows at once is chance.
    const same = (seen) => seen.map(({ wasClean, ...rest }) => (BROWSER === 'firefox' ? rest : { ...rest, wasClean }));
    const { seen, told } = await bench.both(each, { pipe: 'ws', names, cut }, { same });
    for (const [at, name] of names.entries()) {
      const [found, ...more] = told.streams[`true-ws-${name}`];
      assert.deepEqual(more, [], name);
      const { code, messages, wasClean } = seen[at];
      assert.deepEqual(found.ends, [[wasClean ? 'done' : 'failed', code]], name);
      // A Blob is not text.
      assert.deepEqual(found.frames.map(([, data]) => data), messages.filter((data) => typeof data === 'string'), name);
      assert.deepEqual(found.notices, UNREAD_MESSAGES[name] ?? [], name);
    }
    const losses = Object.values(UNREAD_MESSAGES).flat().concat([['blob_unread', 1]]);
    assert.deepEqual(told.counted, Object.fromEntries(losses));
    assertSound(told);
  });
});
