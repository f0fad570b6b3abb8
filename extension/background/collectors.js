// The collectors that are on: which they are, what they get, and when the background is woken for them.
// While none is, nothing of an export is loaded, stored or sent.

import { databaseOf, idOf, startCollector } from './collector.js';
import { consented, granted } from './consent.js';
import { covererOf } from './redact.js';

// How long a document that is not connected may take to come again, before it is over: a background that was
// stopped is new to all documents, and one that left has told its last elsewhere (left.js).
const GONE_MS = 10_000;
// Wakes a background that was stopped: while something waits, and while there are documents, of which it may have
// missed the end.
const ALARM = 'collectors';
const ALARM_MINUTES = 1;
const MINUTE_MS = 60_000;

const running = new Map(); // id -> {text, collector}
const here = new Map(); // instance -> the ways that it is connected by
const leaving = new Map(); // instance -> the timer that ends it
let wakes;
let following = Promise.resolve();

/**
 * Has those run that are on in `settings`; `call()` has all documents come. One call after the other. Resolves
 * with whether there are any now and were none, or the other way round.
 */
export function follow({ collectors }, call) {
  following = following.then(async () => {
    const { size } = running;
    await change(collectors, call).catch((error) => console.error('pagetap:', error));
    return !size !== !running.size;
  });
  return following;
}

async function change(collectors, call) {
  const none = running.size === 0;
  const wanted = new Map();
  for (const collector of collectors) {
    if (collector.on && (await consented(collector))) wanted.set(collector.id, JSON.stringify(collector));
  }
  for (const [id, { text, collector }] of running) {
    if (wanted.get(id) === text) continue;
    running.delete(id);
    await collector.close();
  }
  const fresh = [];
  for (const [id, text] of wanted) {
    if (running.has(id)) continue;
    const collector = startCollector(JSON.parse(text), { logging: () => wake(ALARM_MINUTES), counted: look });
    running.set(id, { text, collector });
    fresh.push(collector);
  }
  await forgetOthers(collectors);
  // Of before: who does not come when he is called is gone.
  const open = (await Promise.all(fresh.map((collector) => collector.open()))).flat().filter((instance) => !here.has(instance));
  open.forEach(leave);
  look();
  // And who has had nothing to say learns that there is somebody now for whom to keep what cannot be told in time.
  if (open.length || (none && fresh.length)) await call();
}

// What was logged for a collector goes with it.
async function forgetOthers(collectors) {
  const kept = new Set(collectors.map(({ id }) => databaseOf(id)));
  for (const { name } of await indexedDB.databases()) {
    if (idOf(name) !== undefined && !kept.has(name)) indexedDB.deleteDatabase(name);
  }
}

/** Whether events go to any. */
export async function send() {
  await following;
  return running.size > 0;
}

/**
 * Takes events of a document, as the page told them, and the person's rules. Resolves with the number of its last one that need not come again: the logs have
 * all before it, or cannot have them.
 */
export async function keep(instance, events, redaction) {
  await following;
  const covered = running.size ? events.map(covererOf(redaction)) : [];
  const have = await Promise.all([...running.values()].map(({ collector }) => collector.keep(instance, covered)));
  return Math.min(Infinity, ...have);
}

/** A document is connected by `way`; and is not any more. */
export function came(instance, way) {
  if (!here.has(instance)) here.set(instance, new Set());
  here.get(instance).add(way);
  clearTimeout(leaving.get(instance));
  leaving.delete(instance);
  look();
}

export function went(instance, way) {
  const ways = here.get(instance);
  if (!ways?.delete(way) || ways.size) return;
  here.delete(instance);
  if (running.size) leave(instance);
}

function leave(instance) {
  if (leaving.has(instance)) return;
  leaving.set(instance, setTimeout(async () => {
    leaving.delete(instance);
    await Promise.all([...running.values()].map(({ collector }) => collector.end(instance))).catch((error) => console.error('pagetap:', error));
    look();
  }, GONE_MS));
  look();
}

// Every so many minutes, or never.
function wake(minutes) {
  if (wakes === minutes) return;
  wakes = minutes;
  if (minutes) chrome.alarms.create(ALARM, { periodInMinutes: minutes });
  else chrome.alarms.clear(ALARM);
}

function look() {
  if (running.size > 0 && here.size + leaving.size > 0) return wake(ALARM_MINUTES);
  const next = Math.min(...[...running.values()].filter(({ collector }) => collector.pending() > 0).map(({ collector }) =>
    // What has not been counted yet, or waits for nothing that is known, soon.
    (Number.isFinite(collector.pending()) && Number.isFinite(collector.nextTry()) ? collector.nextTry() : 0)));
  wake(next === Infinity ? 0 : Math.max(ALARM_MINUTES, Math.ceil((next - Date.now()) / MINUTE_MS)));
}

/** It is looked again whether what is in memory only can be stored. */
export async function mend() {
  await following;
  await Promise.all([...running.values()].map(({ collector }) => collector.mend()));
}

/** What waits waits no more, for one of them or for all. */
export function retry(id) {
  for (const [one, { collector }] of running) if (id === undefined || one === id) collector.retry();
  return running.has(id);
}

/** How things stand with each of `collectors`. */
export async function stateOf(collectors) {
  await following;
  return Promise.all(collectors.map(async (collector) => {
    const { id, on, to } = collector;
    const one = running.get(id)?.collector;
    const why = !one && on && !(await consented(collector)) ? 'consent' : null;
    return { id, granted: await granted(to), running: !!one, why, stats: one ? await one.stats() : null };
  }));
}
