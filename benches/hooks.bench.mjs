// Typed events: from a stream's bytes to a subscriber that reads the type and the text of each, against
// event stream parsers with JSON.parse and a switch that makes the same payloads.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { compared, open } from './race.mjs';

const ALL = ['pagetap', 'eventsource-parser', '@anthropic-ai/sdk', 'fetch-event-source'];
const TWO = ALL.slice(0, 2);

// What is streamed and how it is cut, and how many times as fast as eventsource-parser it is to be.
const RACES = [
  { stream: 'mixed', cut: 'net', target: 5, names: ALL },
  { stream: 'mixed', cut: 'event', target: 6, names: ALL },
  { stream: 'mixed', cut: '16k', names: TWO },
  { stream: 'mixed', cut: '64k', names: TWO },
  { stream: 'text', cut: 'net', names: TWO },
  { stream: 'crlf', cut: 'net', names: TWO },
  { stream: 'cjk', cut: 'net', names: TWO },
  { stream: 'result', cut: 'net', target: 2.5, names: TWO },
  { stream: 'line', cut: '64k', names: TWO },
];

const { race, close } = await open('page/hooks.mjs');
const rows = [];
for (const { target, ...options } of RACES) {
  const result = await race(options);
  for (const peer of options.names.slice(1)) {
    const judged = peer === 'eventsource-parser' ? target ?? null : null;
    rows.push(compared(result, { ...options, tap: 'pagetap', peer, target: judged }));
  }
}
await close();
const about = 'typed events to a subscriber: how many times as long peers take that parse, JSON.parse and switch';
console.log(JSON.stringify({ name: 'hooks', about, rows }));
