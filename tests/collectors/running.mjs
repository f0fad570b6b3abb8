// Programs that run while a test does: started, waited for, ended.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What `cargo xtask test` has installed, and where. */
export const there = new Set((process.env.COLLECTORS_THERE ?? '').split(' '));
export const place = (...path) => join(process.env.COLLECTORS ?? 'target/collectors', ...path);

/** For `test(name, { skip })`: why a test of this collector is left out. */
export const unless = (...names) => {
  const missing = names.filter((name) => !there.has(name));
  return missing.length > 0 && `${missing.join(', ')} is not installed: cargo xtask test --only collectors --collectors`;
};

/** A port that is free, or was a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A folder that goes with the test. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'pagetap-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/**
 * A program; what it printed is in the error when it ends too early. `group`: what it starts
 * itself ends with it.
 */
export function start(t, program, args, { env = {}, group = false, ...options } = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: group, ...options });
  const running = { child, printed: '', ended: null };
  const exit = new Promise((resolve) => {
    child.on('error', (error) => resolve(`cannot start: ${error.message}`));
    child.on('exit', (code, signal) => resolve(`ended (${signal ?? code})`));
  });
  exit.then((how) => {
    running.ended = how;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      running.printed += text;
    });
  }
  const kill = (signal) => {
    try {
      process.kill(group ? -child.pid : child.pid, signal);
    } catch {
      // It, or the last of its group, is over.
    }
  };
  running.end = async (signal = 'SIGTERM') => {
    if (running.ended === null) kill(signal);
    const late = setTimeout(() => kill('SIGKILL'), 10_000);
    await exit;
    clearTimeout(late);
    if (group) kill('SIGKILL');
  };
  running.say = (what) => new Error(`${program}: ${what}\n${running.printed.slice(-4000)}`);
  t.after(() => running.end());
  return running;
}

/** Asks again until `look` gives something, or the program is over. */
export async function until(what, look, running, ms = 240_000) {
  const last = Date.now() + ms;
  for (let why = 'nothing'; ; await wait(50)) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      why = error.cause?.message ?? error.message;
    }
    if (running?.ended) throw running.say(running.ended);
    if (Date.now() > last) throw running ? running.say(`no ${what}: ${why}`) : new Error(`no ${what}: ${why}`);
  }
}

/** Answers at this address, whatever it answers. */
export const answers = (url, running) => until(`answer at ${url}`, () => fetch(url), running);

const CONTROL = { 'x-pagetap-control': '1' };

/** `cargo xtask collect`, with what tests ask it. */
export async function collect(t, ...args) {
  const running = start(t, process.env.XTASK, ['collect', '--port', '0', ...args]);
  const [, url] = await until('address', () => /Collecting at (http:\S+): OTLP/.exec(running.printed), running);
  return {
    ...running,
    url,
    port: Number(new URL(url).port),
    get printed() {
      return running.printed;
    },
    counts: async () => (await fetch(`${url}/control/counts`, { headers: CONTROL })).json(),
    faults: (words) => fetch(`${url}/control/faults`, { method: 'PUT', headers: CONTROL, body: words }),
  };
}
