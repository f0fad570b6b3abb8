// The core natively, from chunks to typed events and to frames, against Rust crates on the same bytes.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chunks, corpus, joined } from './corpus.mjs';
import { compared, QUICK } from './race.mjs';

// What is streamed and how it is cut, and how many times as fast as the fastest crate it is to be.
// eventsource-stream takes a time that grows with the square of an event's size.
const RACES = [
  { stream: 'mixed', cut: 'net', target: 3 },
  { stream: 'mixed', cut: 'event', target: 3 },
  { stream: 'crlf', cut: 'net' },
  { stream: 'cjk', cut: 'net' },
  { stream: 'result', cut: '64k' },
];
const KINDS = [
  { what: 'typed', taps: ['typed: pagetap'], judged: true },
  { what: 'framing', taps: ['framing: pagetap', 'framing: pagetap, no subscriber'] },
];

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const FOLDER = at('../target/bench/');
mkdirSync(FOLDER, { recursive: true });

function race({ stream, cut }) {
  process.stderr.write(`native: ${stream}, ${cut}\n`);
  const records = corpus(stream);
  const files = [`${FOLDER}${stream}.sse`, `${FOLDER}${stream}.${cut}`];
  writeFileSync(files[0], joined(records));
  writeFileSync(files[1], chunks(records, cut).map(({ length }) => length).join('\n'));
  const cargo = ['run', '--quiet', '--release', '--locked', '-p', 'pagetap-bench', '--', 'race', ...files, QUICK ? '2' : '31'];
  const found = JSON.parse(execFileSync('cargo', cargo, { cwd: at('..'), stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 24 }));
  const times = Object.fromEntries(found.map(({ name, times }) => [name, times]));
  return { times, records: records.length, bytes: joined(records).length };
}

const rows = [];
for (const { target = null, ...options } of RACES) {
  const result = race(options);
  for (const { what, taps, judged } of KINDS) {
    const peers = Object.keys(result.times).filter((name) => name.startsWith(`${what}:`) && !taps.includes(name));
    const sum = (name) => result.times[name].reduce((sum, time) => sum + time);
    const fastest = peers.reduce((best, name) => (sum(name) < sum(best) ? name : best));
    for (const tap of taps) {
      for (const peer of peers) {
        rows.push(compared(result, { ...options, tap, peer, target: judged && peer === fastest ? target : null }));
      }
    }
  }
}
const about = 'the core natively, beside crates with serde_json::Value: how many times as long they take';
console.log(JSON.stringify({ name: 'native', about, rows }));
