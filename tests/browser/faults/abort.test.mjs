// The page gives up at every step it takes, in the middle of a turn that stalls.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBench } from './bench.mjs';
import { assertSound, lost } from './oracle.mjs';
import { answer, carried, handshake, head, message } from './wires.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const EARLY = 'nothing to give up yet';
const ENDS = { abort: ['aborted', 0], cancel: ['cancelled', 0], xhr: ['aborted', 0], es: ['cancelled', 0], ws: ['done', 4001] };
const STEPS = { 'fetch, a reader': 7, 'fetch, an iterator': 5, 'fetch, a pipe': 5, 'fetch, text()': 4, xhr: 4, es: 5, ws: 6 };

// In the page. Each takes its steps, one after another, and says by `can` how it is to be given up from
// then on; `have` is how many bytes will come.
const WAYS = {
  'fetch, a reader': async ({ ask, step, can, saw, have }) => {
    step();
    const asked = ask();
    step();
    const response = await asked;
    can((reason) => response.body.cancel(reason));
    step();
    const reader = response.body.getReader();
    can((reason) => reader.cancel(reason));
    step();
    for (let read; ; ) {
      read = reader.read();
      if (saw.bytes === 0 || saw.bytes >= have) step();
      const { done, value } = await read;
      if (done) return 'done';
      saw(value);
      if (saw.bytes >= have) step();
    }
  },
  'fetch, an iterator': async ({ ask, step, can, saw, have }) => {
    step();
    const asked = ask();
    step();
    const response = await asked;
    can((reason) => response.body.cancel(reason));
    step();
    const iterator = response.body.values();
    can((reason) => iterator.return(reason));
    step();
    for await (const chunk of iterator) {
      saw(chunk);
      if (saw.bytes >= have) step();
    }
    return 'done';
  },
  'fetch, a pipe': async ({ ask, step, can, saw, have, signal }) => {
    step();
    const asked = ask();
    step();
    const response = await asked;
    can((reason) => response.body.cancel(reason));
    step();
    const piped = response.body.pipeTo(new WritableStream({
      write(chunk) {
        saw(chunk);
        if (saw.bytes >= have) step();
      },
    }), { signal });
    can(null);
    step();
    return piped.then(() => 'done');
  },
  'fetch, text()': async ({ ask, step, can }) => {
    step();
    const asked = ask();
    step();
    const response = await asked;
    can((reason) => response.body.cancel(reason));
    step();
    const whole = response.text();
    can(null);
    step();
    return whole;
  },
  'xhr': ({ address, step, can, saw, have }) => new Promise((done) => {
    const xhr = new XMLHttpRequest();
    can(() => xhr.abort());
    const log = [];
    xhr.open('POST', address);
    for (const type of ['loadstart', 'readystatechange', 'abort', 'error', 'loadend']) {
      xhr.addEventListener(type, () => {
        const text = xhr.readyState === 3 ? xhr.responseText : '';
        const all = text.length >= have;
        if (text && !all) return;
        log.push(`${type} ${xhr.readyState} ${xhr.status}`);
        if (all) saw.text = text;
        if (type !== 'loadend') step();
      });
    }
    xhr.onloadend = () => setTimeout(() => done(log));
    xhr.send('{}');
    step();
  }),
  'es': ({ address, step, can, saw, over }) => new Promise((done) => {
    const source = new EventSource(address);
    can(() => {
      source.close();
      over(done);
    });
    step();
    source.onopen = () => step();
    source.addEventListener('client_event', (event) => {
      step();
      saw.events.push(event.data);
      step();
    });
    step();
  }),
  'ws': ({ address, step, can, saw }) => new Promise((done) => {
    const socket = new WebSocket(address.replace('http', 'ws'));
    can(() => socket.close(4001, 'mine'));
    step();
    socket.onopen = () => {
      step();
      if (socket.readyState === 1) socket.send('hello');
      step();
    };
    socket.onmessage = ({ data }) => {
      step();
      saw.events.push(data);
      step();
    };
    const errors = [];
    socket.onerror = () => errors.push(socket.readyState);
    socket.onclose = ({ code, reason, wasClean }) => done([errors, code, reason, wasClean]);
    step();
  }),
};

// In the page: the way once for every step, and given up there.
async function everyStep({ EARLY, line, tapped, pipe, way, how, have, steps }) {
  return __pipes.all(steps, async (target) => {
    const key = `${tapped ? 'tapped' : 'plain'}-${pipe}-${how}-${target}`;
    const address = __pipes.address(pipe, line, { wire: pipe, then: 'stall', key }, target);
    const controller = new AbortController();
    const { signal } = controller;
    const log = { taken: [] };
    let nothing;
    const early = new Promise((done) => (nothing = done));
    const decoder = new TextDecoder();
    const saw = (chunk) => {
      saw.bytes += chunk.length;
      saw.text += decoder.decode(chunk, { stream: true });
    };
    Object.assign(saw, { bytes: 0, text: '', events: [] });
    let given = null;
    let stopped;
    let step = 0;
    const take = () => {
      if (step++ !== target) return;
      const reason = new RangeError('mine');
      if (how === 'abort') controller.abort(reason);
      else if (given) stopped = Promise.resolve(given(reason)).then((value) => log.taken.push(String(value)), (error) => log.taken.push(window.__show(error)));
      else nothing(EARLY);
    };
    const parts = {
      address, signal, have, saw,
      ask: () => fetch(address, { method: 'POST', body: '{}', signal }),
      step: take,
      can: (stop) => (given = stop),
      over: (done) => setTimeout(() => done('over')),
    };
    const running = (0, eval)(`(${way})`)(parts).catch((error) => [window.__show(error), error.message === 'mine']);
    log.outcome = await Promise.race([running, early]);
    await stopped;
    if (!controller.signal.aborted) controller.abort();
    await window.__turn();
    return { ...log, text: saw.text, events: saw.events };
  }, 6);
}

describe('given up at every step', () => {
  for (const [name, way] of Object.entries(WAYS)) {
    const pipe = name.split(',')[0];
    for (const how of pipe === 'fetch' ? ['abort', 'cancel'] : ['cancel']) {
      test(`${name}: ${how}`, async () => {
        const records = carried(pipe, message('ü🌻'));
        // One record, and half of the next.
        const whole = records[0];
        const body = pipe === 'ws' ? whole : Buffer.concat([whole, records[1].subarray(0, 30)]);
        bench.line.wires[pipe] = answer(pipe, body, { announced: false });
        const { seen, told } = await bench.both(everyStep, { EARLY, pipe, way: String(way), how, have: body.length, steps: STEPS[name] });
        for (const [step, { text, events, outcome }] of seen.entries()) {
          const at = `at step ${step}`;
          const key = `${pipe}-${how}-${step}`;
          const found = told.streams[`tapped-${key}`];
          // Nothing was sent, or never opened.
          const none = pipe === 'fetch' ? how === 'abort' && step === 0 : pipe === 'ws' && step < 2;
          assert.equal(found?.length, none ? undefined : 1, at);
          if (none) continue;
          assert.deepEqual(found[0].ends, [ENDS[outcome === EARLY ? 'abort' : pipe === 'fetch' ? how : pipe]], at);
          if (pipe === 'es' || pipe === 'ws') {
            assert.deepEqual(found[0].frames.filter(([, data]) => data !== 'hello').map(([, data]) => data), events, at);
          } else {
            assert.equal(found[0].text, text, at);
            assert.deepEqual(found[0].notices, lost(Buffer.from(text)), at);
          }
          // Given up early, it may never have been asked for.
          if (text || events.length) await Promise.all(['plain', 'tapped'].map((page) => bench.line.closed(`${page}-${key}`)));
        }
        if (!name.endsWith('text()')) assert.ok(seen.at(-1).text || seen.at(-1).events.length, 'the last step is in the middle of it');
        assertSound(told);
      });
    }
  }
});
