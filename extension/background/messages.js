// What the extension's own pages ask and have done. Content scripts, which live in the page's process,
// are not answered.

import { collectors as checkedCollectors } from './collector_settings.js';
import * as collectors from './collectors.js';
import { tellRecorded } from './documents.js';
import { isOrigin, originOf, patternOf } from './origins.js';
import * as recorder from './recorder.js';
import { covererOf, redactorOf } from './redact.js';
import { post } from './post.js';
import { MOST } from './settings.js';
import { isOn } from './sites.js';
import * as store from './store.js';
import * as tabs from './tabs.js';
import { attempt, preview } from './trial.js';

// How long a page that may have slept is waited for.
const ANSWER_MS = 500;
const MOST_EVENTS = 10_000;
const MOST_PREVIEWED = 1_000;
// Browsers refuse messages of more than 64 MiB, an event may take 16 of them.
const ANSWER_SIZE = 4 << 20;

/** Whether a message or a port comes from a page of the extension's own. */
export function isOwn(sender) {
  return sender.id === chrome.runtime.id && !!sender.url?.startsWith(chrome.runtime.getURL(''));
}

class Refusal extends Error {
  constructor(key, detail) {
    super(key);
    this.detail = detail;
  }
}

/** `answer(message)` for those pages. `given`: `{settings(), problems(), change(edit), changed(tab), greeted(tabId, ms)}`. */
export function answering(given) {
  const asks = {
    state: ({ tabId }) => state(number(tabId), given),
    recordings: async () => ({ recordings: (await stored(recorder.list())).map(listed) }),
    async recording({ id, from, count }) {
      const read = await stored(store.read(number(id), number(from), Math.min(number(count), MOST_EVENTS), ANSWER_SIZE));
      if (!read) throw new Refusal('error_no_recording', id);
      return read;
    },
    settings: () => ({ settings: given.settings(), problems: given.problems() }),
    collectors: async () => ({ collectors: await collectors.stateOf(given.settings().collectors) }),
    preview: async ({ collector }) => preview(right(collector), (await newest()).map(covererOf(given.settings().redaction))),
  };
  const does = {
    async site({ origin, on }) {
      if (!isOrigin(origin)) throw new Refusal('error_not_an_origin', origin);
      const { sites } = given.settings();
      if (!Object.hasOwn(sites, origin) && Object.keys(sites).length >= MOST.sites) throw new Refusal('error_too_many', origin);
      return given.change((settings) => ({ ...settings, sites: { ...settings.sites, [origin]: { on: on === true } } }));
    },
    async record({ tabId }) {
      const { title = '' } = await chrome.tabs.get(number(tabId));
      const { origin } = await state(tabId, given);
      const redact = redactorOf(given.settings().redaction);
      const recording = await stored(recorder.record(tabId, origin, redact({ title }).title));
      tabs.turnRecording(tabs.tabOf(tabId));
      tellRecorded(tabId);
      given.changed(tabs.tabOf(tabId));
      return { recording: shown(recording) };
    },
    async stop({ tabId }) {
      await recorder.stop(number(tabId));
      return { recording: null };
    },
    forget: ({ id }) => stored(store.forget(number(id))),
    try: ({ collector }) => attempt(right(collector)),
    retry({ id }) {
      if (!collectors.retry(id)) throw new Refusal('error_no_collector', id);
    },
    // Only the parts that are named: another page may have changed the others meanwhile.
    settings: ({ settings }) => given.change((now) => ({ ...now, ...settings })),
    forgetSite: ({ origin }) => given.change(({ sites, ...now }) => {
      const { [origin]: gone, ...rest } = sites;
      return { ...now, sites: rest };
    }),
  };

  return async (message) => {
    const handler = own(asks, message?.ask) ?? own(does, message?.do);
    try {
      if (!handler) throw new Refusal('error_unknown_message', '');
      return { ok: true, ...(await handler(message)) };
    } catch (error) {
      const known = error instanceof Refusal;
      return { ok: false, error: known ? error.message : 'error_failed', detail: String(known ? error.detail : error) };
    }
  };
}

// What is wrong with the store keeps nobody from watching.
const stored = (asked) => Promise.resolve(asked).catch((error) => {
  throw new Refusal('error_recordings', String(error));
});

// A collector as a page has it, which need not be stored.
function right(collector) {
  const [one] = checkedCollectors([collector], (path, error) => {
    throw new Refusal(error, path);
  });
  return one;
}

// The last events of the newest recording that has any; without one, of the tab that was told of last.
async function newest() {
  const recording = (await stored(recorder.list())).filter(({ events }) => events > 0).at(-1);
  if (!recording) return tabs.all().at(-1)?.shown.map(({ event }) => event) ?? [];
  const from = Math.max(recording.events - MOST_PREVIEWED, 0);
  return (await stored(store.read(recording.id, from, MOST_PREVIEWED, ANSWER_SIZE)))?.events ?? [];
}

/** The state of a tab, as pages see it. */
export async function state(tabId, given) {
  const { url } = await chrome.tabs.get(tabId).catch(() => ({ url: '' }));
  await wake(tabId, given);
  const tab = tabs.tabOf(tabId);
  const top = [...tab.documents.values()].find(({ frameId }) => frameId === 0);
  const origin = originOf(url) ?? top?.origin ?? null;
  return {
    origin,
    // The browser does not say what the tab shows, be it a site or not.
    hidden: url === undefined && !top,
    known: Object.hasOwn(given.settings().sites, origin),
    granted: !!origin && (await chrome.permissions.contains({ origins: [patternOf(origin)] })),
    on: isOn(given.settings(), origin),
    installed: !!top,
    encoding: top?.encoding ?? null,
    counters: tabs.counters(tab),
    recording: shown(recorder.recordingOf(tabId)),
    last: tabs.lastOf(tab),
    errors: tab.errors,
  };
}

// A service worker that has slept knows no page; those that are there come when they are called.
async function wake(tabId, given) {
  if (tabs.known(tabId)?.documents.size) return;
  const greeted = given.greeted(tabId, ANSWER_MS);
  try {
    await chrome.tabs.sendMessage(tabId, { ask: 'connect' });
  } catch {
    return; // Nobody there.
  }
  await greeted;
}

/** Has all documents that have nothing to say come, so that they hear what is in force. */
export async function callAll() {
  for (const { id } of await chrome.tabs.query({})) chrome.tabs.sendMessage(id, { ask: 'connect' }).catch(() => {});
}

/** Feeds `port` with what comes of its tab. */
export async function feed(port, given) {
  const tabId = Number(port.name.slice('live:'.length));
  if (!Number.isInteger(tabId)) return port.disconnect();
  let open = true;
  port.onDisconnect.addListener(() => {
    open = false;
    tabs.known(tabId)?.feeds.delete(port);
  });
  await given.ready;
  const now = await state(tabId, given);
  if (!open) return;
  const tab = tabs.tabOf(tabId);
  tab.feeds.add(port);
  post(port, { events: tab.shown.map(({ event }) => event) });
  post(port, { state: now });
}

const own = (handlers, name) => (typeof name === 'string' && Object.hasOwn(handlers, name) ? handlers[name] : undefined);
const shown = (recording) => recording && recording.until === null
  ? { id: recording.id, since: recording.since, events: recording.events, bytes: recording.bytes }
  : null;
const listed = ({ id, origin, title, since, until, ended = null, events, bytes }) => ({ id, origin, title, since, until, ended, events, bytes });

function number(value) {
  if (!Number.isInteger(value) || value < 0) throw new Refusal('error_not_a_number', value);
  return value;
}
