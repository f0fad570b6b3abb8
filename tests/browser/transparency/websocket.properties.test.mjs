// WebSocket, MessageEvent and EventTarget are what they are natively, and their errors are.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBench } from './bench.mjs';
import { compare } from './messages.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench.close());

const same = (scenario, options) => compare(bench, scenario, options);

test('every property of the interfaces is what it is natively', async () => {
  const { result, close } = await same(async ({ key }) => {
    const seen = {};
    const attempt = (action) => {
      try {
        return String(action());
      } catch (error) {
        return window.__show(error);
      }
    };
    const flags = (holder, name) => {
      const found = Object.getOwnPropertyDescriptor(holder, name);
      return [...Object.keys(found), found.writable, found.enumerable, found.configurable, typeof found.get, typeof found.set].join();
    };
    const holders = { WebSocket: WebSocket.prototype, EventTarget: EventTarget.prototype, MessageEvent: MessageEvent.prototype, 'static WebSocket': WebSocket };
    for (const [name, holder] of Object.entries(holders)) {
      seen[`${name} members`] = Reflect.ownKeys(holder).map(String).join();
      for (const member of Reflect.ownKeys(holder)) {
        const label = `${name}.${String(member)}`;
        const found = Object.getOwnPropertyDescriptor(holder, member);
        seen[`${label} flags`] = flags(holder, member);
        for (const field of ['get', 'set', 'value']) {
          const fn = found[field];
          if (typeof fn !== 'function') continue;
          // Keys first: Firefox makes them when they are asked for, and they have the order in which it did.
          seen[`${label} ${field}`] = [Reflect.ownKeys(fn).map(String).join(), fn.name, fn.length, String(fn), Object.hasOwn(fn, 'prototype'), Object.getPrototypeOf(fn) === Function.prototype].join(' | ');
          seen[`${label} ${field} on {}`] = attempt(() => Reflect.apply(fn, {}, [1]));
          seen[`${label} ${field} on a Proxy`] = attempt(() => Reflect.apply(fn, new Proxy(new EventTarget(), { getPrototypeOf: () => { throw new Error('asked'); } }), ['message', () => {}]));
          if (member !== 'constructor') seen[`${label} ${field} as constructor`] = attempt(() => new fn());
        }
      }
    }
    seen['window.WebSocket'] = flags(window, 'WebSocket');
    seen['without new'] = attempt(() => WebSocket('ws://127.0.0.1:1'));
    for (const bad of ['', 'nonsense://x', 'ws://x/#fragment', 'ws://']) seen[`new of ${bad}`] = attempt(() => new WebSocket(bad).url);
    seen['protocols twice'] = attempt(() => new WebSocket('ws://127.0.0.1:1', ['a', 'a']));

    const socket = window.__connect(key, '', ['one', 'two']);
    seen['send while connecting'] = attempt(() => socket.send('x'));
    seen['bad close code'] = attempt(() => socket.close(1001));
    seen['long reason'] = attempt(() => socket.close(3000, 'x'.repeat(124)));
    seen['bad binaryType'] = attempt(() => ((socket.binaryType = 'nonsense'), socket.binaryType));
    const handler = () => {};
    for (const name of ['onopen', 'onmessage', 'onclose', 'onerror']) {
      seen[`${name} at first`] = String(socket[name]);
      seen[`${name} set`] = ((socket[name] = handler), socket[name] === handler);
      for (const value of [null, 5, 'text', {}]) seen[`${name} = ${JSON.stringify(value)}`] = attempt(() => ((socket[name] = value), typeof socket[name]));
      socket[name] = undefined;
    }
    seen['addEventListener'] = [attempt(() => socket.addEventListener('message')), attempt(() => socket.addEventListener('message', 5)), attempt(() => socket.addEventListener('message', null))].join();
    await window.__event(socket, 'open');
    seen['own keys'] = Reflect.ownKeys(socket).map(String).join();
    seen['identity'] = [socket.constructor === WebSocket, socket instanceof WebSocket, Object.getPrototypeOf(socket) === WebSocket.prototype, String(socket)].join();
    seen['attributes'] = [socket.protocol, socket.extensions, socket.binaryType, socket.readyState, socket.bufferedAmount, socket.url].join();
    seen['constants'] = [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED, socket.OPEN].join();
    seen['send without arguments'] = attempt(() => socket.send());
    seen['send of a symbol'] = attempt(() => socket.send(Symbol('s')));
    seen['send of what throws'] = attempt(() => socket.send({ toString() { throw new Error('mine'); } }));
    seen['send of shared memory'] = attempt(() => socket.send(new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer)));
    seen['send gives'] = attempt(() => socket.send('four'));
    seen['buffered'] = socket.bufferedAmount;
    const event = await window.__event(socket, 'message');
    seen['event'] = [event.data, event.data === event.data, Reflect.ownKeys(event).join(), event.isTrusted, event.origin.replace(/\d+/g, ''), event.target === socket, event.constructor === MessageEvent, event.bubbles, event.cancelable].join();
    socket.close(4000, 'enough');
    seen['closing'] = socket.readyState;
    seen['send while closing'] = attempt(() => socket.send('lost'));
    seen['buffered then'] = socket.bufferedAmount;
    const { code, reason, wasClean } = await window.__event(socket, 'close');
    seen['close event'] = [code, reason, wasClean].join();
    return seen;
  });
  assert.ok(Object.keys(result).length > 150, `${Object.keys(result).length}`);
  await close();
});

test('addEventListener of everything else is as it was', async () => {
  const run = await same(async () => {
    const log = [];
    const attempt = (action) => {
      try {
        return String(action());
      } catch (error) {
        return window.__show(error);
      }
    };
    const events = new EventTarget();
    events.addEventListener('message', ({ data }) => log.push(data));
    events.dispatchEvent(new MessageEvent('message', { data: 'to any target' }));
    addEventListener('message', ({ data }) => log.push(data), { once: true });
    postMessage('to the window');
    await window.__turn();
    await window.__turn();
    log.push(attempt(() => EventTarget.prototype.addEventListener.call(null, 'x', () => {})));
    log.push(attempt(() => EventTarget.prototype.addEventListener.call(Object.create(WebSocket.prototype), 'message', () => {})));
    const moved = Object.setPrototypeOf(new EventTarget(), WebSocket.prototype);
    log.push(attempt(() => moved.addEventListener('message', () => {})), attempt(() => moved.send('x')));
    const options = [];
    events.addEventListener('x', null, { get capture() { options.push('capture'); return true; }, get once() { options.push('once'); }, get passive() { options.push('passive'); }, get signal() { options.push('signal'); } });
    events.addEventListener({ toString: () => (options.push('type'), 'y') }, () => {});
    return [log, options];
  });
  assert.deepEqual(run.result[0].slice(0, 2), ['to any target', 'to the window']);
  await run.close();
});
