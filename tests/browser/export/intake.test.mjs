// Hook events before there is an encoder: kept in order, within bounds, and what does not fit is counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intake } from '../../../src/web/export/intake.js';
import { fakeClock } from './clock.mjs';

/** An intake whose tasks run when they are told to. */
function open() {
  const steps = [];
  const counts = { lost: 0 };
  const events = intake({
    timer: fakeClock().timer, tasks: { post: (step) => steps.push(step) }, over: (text) => text.replaceAll('secret', '***'),
    hidden: () => false, write() {}, lost: () => counts.lost++,
  });
  const encoder = { take: (json, n) => ({ items: [[JSON.parse(json), n]], opens: [], closes: [] }) };
  return {
    counts,
    events,
    run: () => steps.splice(0).forEach((step) => step()),
    taken: () => events.encoded(encoder).items,
  };
}

test('what came before the encoder is taken first, and in order', () => {
  const { counts, events, run, taken } = open();
  for (let seq = 1; seq <= 3; seq++) events.hear({ type: 'Stop', seq, text: 'a secret', raw: { bytes: [] } });
  run();
  events.hear({ type: 'Stop', seq: 4 });
  assert.equal(events.waits, true);
  events.start();
  run();
  events.hear({ type: 'Stop', seq: 5 });
  const all = taken();
  assert.deepEqual(all.map(([{ seq }, n]) => [seq, n]), [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]);
  assert.deepEqual(all[0][0], { type: 'Stop', seq: 1, text: 'a ***' });
  assert.deepEqual([events.waits, counts.lost], [false, 0]);
});

test('no more than 10,000 wait: the oldest go', () => {
  const { counts, events, run, taken } = open();
  for (let seq = 1; seq <= 10_005; seq++) {
    events.hear({ type: 'Stop', seq });
    if (seq % 7000 === 0) run();
  }
  run();
  assert.equal(counts.lost, 5);
  events.start();
  assert.deepEqual([taken()[0][0].seq, events.waits], [6, false]);
});

test('nor more than 8 Mi characters', () => {
  const { counts, events, run, taken } = open();
  const text = 'x'.repeat(1 << 20);
  for (let seq = 1; seq <= 10; seq++) events.hear({ type: 'Stop', seq, text });
  run();
  assert.equal(counts.lost, 3);
  events.hear({ type: 'Stop', seq: 11, text: text.repeat(9) });
  run();
  assert.equal(counts.lost, 11, 'one that is larger alone goes, too');
  events.hear({ type: 'Stop', seq: 12 });
  events.start();
  assert.deepEqual(taken().map(([{ seq }]) => seq), [12]);
});

test('with an encoder a group may be as large as it is', () => {
  const { counts, events, run, taken } = open();
  events.start();
  for (let seq = 1; seq <= 10; seq++) events.hear({ type: 'Stop', seq, text: 'x'.repeat(1 << 20) });
  run();
  assert.deepEqual([taken().length, counts.lost], [10, 0]);
});
