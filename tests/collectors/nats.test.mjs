// Events as a bus: a page publishes over WebSocket to three nodes of NATS, one of them is
// killed, and every event is kept once. The configuration is docs/fleet's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import WebSocket from 'ws';
import { launch } from '../browser/browser.mjs';
import { lines, requests } from './replayed.mjs';
import { answers, folder, freePort, place, start, unless, until } from './running.mjs';

const FLEET = fileURLToPath(new URL('../../docs/fleet/', import.meta.url));
const PASSWORDS = { NATS_PAGE_PASSWORD: 'of-the-page', NATS_STORE_PASSWORD: 'of-the-store' };
const AGAIN = 100;

// In the page: publishes each event with its id, until it is said to be kept.
const PUBLISHER = `
import { wsconnect } from '@nats-io/nats-core';
import { jetstream } from '@nats-io/jetstream';
globalThis.publish = async (servers, pass, events) => {
  const connection = await wsconnect({ servers, user: 'page', pass, maxReconnectAttempts: -1, reconnectTimeWait: 200 });
  const bus = jetstream(connection, { timeout: 3000 });
  const counts = { acknowledged: 0, again: 0, tries: 0 };
  const one = async (line) => {
    const { eventId, type } = JSON.parse(line);
    for (;;) {
      counts.tries += 1;
      const ack = await bus.publish('pagetap.hooks.' + type, line, { msgID: eventId }).catch(() => null);
      if (!ack) {
        // While the nodes agree on a new leader there is nobody to answer.
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      if (ack.duplicate) counts.again += 1;
      counts.acknowledged += 1;
      if (counts.acknowledged === Math.floor(events.length / 3)) await globalThis.third();
      return;
    }
  };
  const waiting = events.slice();
  const lane = async () => { for (let line; (line = waiting.shift());) await one(line); };
  await Promise.all(Array.from({ length: 50 }, lane));
  const refused = await connection.request('$JS.API.STREAM.INFO.pagetap', '', { timeout: 1000 }).then(() => 'allowed', (error) => error.name);
  await connection.close();
  return { ...counts, refused };
};`;

async function cluster(t, origin) {
  const nodes = await Promise.all(['a', 'b', 'c'].map(async (name) => ({
    name,
    listen: await freePort(),
    cluster: await freePort(),
    websocket: await freePort(),
    monitor: await freePort(),
  })));
  const routes = `[${nodes.map(({ cluster }) => `"nats://127.0.0.1:${cluster}"`).join(', ')}]`;
  for (const node of nodes) {
    node.running = start(t, process.env.NATS_SERVER, ['-c', join(FLEET, 'nats.conf'), '-a', '127.0.0.1', '-m', String(node.monitor)], {
      env: {
        ...PASSWORDS,
        NATS_NAME: node.name,
        NATS_LISTEN: `127.0.0.1:${node.listen}`,
        NATS_CLUSTER: `127.0.0.1:${node.cluster}`,
        NATS_WEBSOCKET: `127.0.0.1:${node.websocket}`,
        NATS_ROUTES: routes,
        NATS_ORIGINS: `["${origin}"]`,
        NATS_STORE: folder(t),
      },
    });
  }
  for (const { monitor, running } of nodes) await answers(`http://127.0.0.1:${monitor}/healthz`, running);
  return nodes;
}

test('every event of a page is kept once, though a node is killed', { skip: unless('nats') }, async (t) => {
  const module = (name) => import(pathToFileURL(createRequire(place('nats', 'package.json')).resolve(name)));
  const { wsconnect } = await module('@nats-io/nats-core');
  const { jetstream, jetstreamManager, DeliverPolicy } = await module('@nats-io/jetstream');
  globalThis.WebSocket ??= WebSocket;

  const bundle = await build({
    stdin: { contents: PUBLISHER, resolveDir: place('nats') }, bundle: true, write: false, format: 'iife', platform: 'browser',
  });
  const pages = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>page</title>');
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  t.after(() => pages.close());
  const origin = `http://127.0.0.1:${pages.address().port}`;

  const nodes = await cluster(t, origin);
  const servers = nodes.map(({ websocket }) => `ws://127.0.0.1:${websocket}`);
  const wait = { waitOnFirstConnect: true, maxReconnectAttempts: -1 };
  const store = await wsconnect({ servers, user: 'store', pass: PASSWORDS.NATS_STORE_PASSWORD, ...wait });
  t.after(() => store.close());
  const stream = JSON.parse(readFileSync(join(FLEET, 'stream.json'), 'utf8'));
  const manager = await until('leader of the cluster', () => jetstreamManager(store, { timeout: 2000 }));
  await until('stream', () => manager.streams.add(stream));

  const events = [1, 2, 3].flatMap((instance) => {
    const { events } = requests(folder(t), 'ndjson', { instance });
    return lines(events).map((event) => JSON.stringify(event));
  });
  assert.ok(events.length > 3000, `${events.length} events`);

  const chromium = await launch();
  t.after(() => chromium.close());
  const page = await chromium.context.newPage();
  // The one that orders the events: all must find another.
  let killed;
  await page.exposeFunction('third', async () => {
    const { cluster: { leader } } = await until('leader', () => manager.streams.info('pagetap'));
    killed = nodes.find(({ name }) => name === leader);
    await killed.running.end('SIGKILL');
  });
  await page.goto(origin);
  await page.addScriptTag({ content: bundle.outputFiles[0].text });
  const sent = await page.evaluate(([servers, pass, events]) => globalThis.publish(servers, pass, events), [
    servers, PASSWORDS.NATS_PAGE_PASSWORD, [...events, ...events.slice(-AGAIN)],
  ]);
  assert.ok(killed, 'a node was killed in mid-run');
  assert.equal(sent.acknowledged, events.length + AGAIN);
  assert.ok(sent.again >= AGAIN, `${sent.again} came again`);
  assert.notEqual(sent.refused, 'allowed', 'a page reads nothing');

  // Who was killed may have been the cluster's leader, too: until there is another, these time out.
  const { state } = await until('stream', () => manager.streams.info('pagetap'));
  assert.equal(state.messages, events.length);
  const all = { durable_name: 'read', deliver_policy: DeliverPolicy.All, ack_policy: 'none' };
  await until('consumer', () => manager.consumers.add('pagetap', all));
  const consumer = await until('consumer', () => jetstream(store).consumers.get('pagetap', 'read'));
  const kept = [];
  for await (const message of await consumer.consume({ max_messages: 1000 })) {
    kept.push(message.string());
    if (message.info.pending === 0) break;
  }
  assert.deepEqual(kept.toSorted(), events.toSorted());
  t.diagnostic(`${events.length} events, ${sent.tries} tries, ${sent.again} recognised as known, node ${killed.name} killed, 0 lost, 0 twice`);
});
