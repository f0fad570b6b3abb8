// Framing: from a stream's bytes to events, whose names and data a subscriber reads, against parsers of
// event streams; and the tap with nobody listening, which keeps its state true all the same.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { compared, open } from './race.mjs';

const OURS = ['pagetap, no subscriber', 'pagetap'];
const TWO = [...OURS, 'eventsource-parser'];
const ALL = [...TWO, '@anthropic-ai/sdk', 'fetch-event-source'];

const RACES = [
  { stream: 'mixed', cut: 'net', judged: true, names: ALL },
  { stream: 'mixed', cut: 'event', names: TWO },
  { stream: 'crlf', cut: 'net', names: TWO },
  { stream: 'cjk', cut: 'net', names: TWO },
  { stream: 'result', cut: 'net', names: TWO },
];
// How many times as fast as eventsource-parser.
const TARGETS = { 'pagetap, no subscriber': 4, pagetap: 1.5 };

const { race, close } = await open('page/framing.mjs');
const rows = [];
for (const { judged, ...options } of RACES) {
  const result = await race(options);
  for (const peer of options.names.slice(OURS.length)) {
    for (const tap of OURS) {
      const target = judged && peer === 'eventsource-parser' ? TARGETS[tap] : null;
      rows.push(compared(result, { ...options, tap, peer, target }));
    }
  }
}
await close();
const about = 'events to a subscriber that reads names and data: how many times as long peers take';
console.log(JSON.stringify({ name: 'framing', about, rows }));
