// One collector: hook events of many documents, each with an encoder of its own, into one log, from which one
// drainer sends. What of a document is in the log is known there, too: whatever comes again after a background
// was killed is taken once.

import { openDispatch } from '../../src/web/export/dispatch.js';
import { Encoder } from '../../src/web/export/encoder.js';
import { signalsOf } from '../../src/web/export/options.js';
import { restored } from '../../src/web/export/pages.js';
import { KEYS, redacted, toJson } from '../../src/web/export/redact.js';
import { digest } from '../../src/web/export/store.js';
import { DROPPED } from '../../src/web/export/tally.js';
import { optionsOf } from './collector_settings.js';
import { granted } from './consent.js';
import { loadExporter } from './exporter.js';
import * as kept from './kept.js';
import { platform } from './platform.js';

const PREFIX = 'pagetap-export ';
// Between attempts, where a collector is down for long.
const LONGEST_MS = 3_600_000;
// What a page's own export says of itself.
const OWN = /^export_/;
const over = redacted(KEYS);

/** The database of the collector of that id, and the id of that of a database. */
export const databaseOf = (id) => PREFIX + id;
export const idOf = (database) => (database.startsWith(PREFIX) ? database.slice(PREFIX.length) : undefined);

/** What an encoder is told of a collector, but for the instance. */
export function encoding({ format, names, signals, include, events, caps, resource }) {
  return { format, names, signals, include, events, caps, resource };
}

/** The configuration of an envelope with events of `instance`: OpenTelemetry's says whose they are. */
export function configOf({ format, names, resource }, instance) {
  return JSON.stringify({ format, names, resource, ...(format.startsWith('otlp') && { instance }) });
}

/** Whether an event is one to be sent. */
export const isSent = ({ layer, code }) => layer === 'hook' && !OWN.test(code);

/** The JSON of an event as the encoder takes it; undefined of what is none, or is not to be sent. */
export function jsonOf({ layer, frame, n, ...event }) {
  return isSent({ layer, ...event }) ? toJson(event, over) : undefined;
}

/** Starts to send. `logging()`: there will be rows; `counted()`: how many there are is known anew. */
export function startCollector(collector, { logging, counted }) {
  const options = optionsOf(collector);
  const { format, include, to } = options;
  const documents = new Map(); // instance -> {instance, encoder, have, chain}
  const writer = platform.randomHex(16);
  let exports = null;
  let own = null; // encodes what is said of the export itself
  let told = 0;
  // How many rows wait, once they have been counted; until then there may be any.
  let waiting = Infinity;

  // A background that is stopped waits on when it is there again: for the same settings only.
  const name = `retries ${collector.id}`;
  const about = digest(JSON.stringify(collector));
  const retries = {
    before: {},
    longest: LONGEST_MS,
    keep(state) {
      retries.before = state;
      kept.set(name, { about, ...state }).catch((error) => console.warn('pagetap:', error));
      counted();
    },
  };

  const dispatch = openDispatch({
    options,
    retries,
    name: databaseOf(collector.id),
    // The address may be put right, for what waits as well; but nothing may leave that is not wanted any more.
    destination: JSON.stringify([format, [...include].sort()]),
    config: configOf(options, writer),
    writer,
    platform,
    granted: () => granted(to),
    report: (...said) => console.warn('pagetap:', ...said),
    lost: (reason, count) => void say({ type: 'Notice', ts: platform.now(), code: DROPPED, reason, count }),
    on: {
      counted(pending) {
        waiting = pending;
        counted();
      },
    },
  });
  const { said, log } = dispatch;

  async function load() {
    exports = await loadExporter();
    own = new Encoder(exports, { ...encoding(options), instance: writer });
    dispatch.load(exports);
  }

  async function begin() {
    try {
      await load();
    } catch (error) {
      said.become('blocked', `the encoder could not be loaded: ${error?.message ?? error}`);
      exports = null;
    }
    const before = await kept.get(name).catch(() => undefined);
    if (before?.about === about) retries.before = before;
    await log.opening;
    await sift();
    if (exports) await dispatch.begin();
    await dispatch.count(true);
  }

  async function sift() {
    // What cannot be forgotten now is for a destination that is none any more: it stays, and is not sent.
    said.dropped({ settings: (await log.store?.forgetOthers(signalsOf(options)).catch(() => 0)) ?? 0 });
    said.dropped((await log.store?.keep(options.limits).catch(() => ({}))) ?? {});
  }

  // A full disk may have room again, and a database that did not open may open.
  async function mend() {
    await beginning;
    if (!dispatch.inMemory) return;
    const had = log.store;
    await log.reopen();
    if (!had) await sift();
    if (exports) await dispatch.begin();
    await dispatch.rehouse();
  }

  const beginning = begin().catch((error) => console.error('pagetap:', error));

  async function say(event) {
    await beginning;
    if (own) await dispatch.append(own.take(toJson(event, over), ++told));
  }

  const settingsOf = (instance) => ({ ...encoding(options), instance });

  // Of a document, one step after the other.
  function inTurn(instance, step) {
    if (!documents.has(instance)) documents.set(instance, { instance, encoder: null, have: 0, chain: beginning });
    const document = documents.get(instance);
    const done = document.chain.then(() => step(document));
    document.chain = done.catch(() => {});
    return done;
  }

  // How far a background before this one has got with an instance, and what is open of it.
  async function read(instance) {
    const page = await log.store?.page(instance);
    return { have: page?.have ?? 0, opens: page ? await log.store.opens(instance) : [] };
  }

  // Gives what its encoder has to be told first, of one that has none. What cannot be read is begun anew: it may
  // be logged twice, by the same ids, and a span may begin late; but nothing of it is lost.
  async function recall(document) {
    if (document.encoder) return [];
    // A second time: the database may only have been closed.
    const again = () => read(document.instance);
    const { have, opens } = await again().catch(again).catch((error) => {
      console.warn('pagetap:', error);
      return { have: 0, opens: [] };
    });
    document.have = Math.max(document.have, have);
    return opens;
  }

  async function take(document, events) {
    const last = events.at(-1)?.n ?? 0;
    if (!exports) return lose(document, last, events);
    const opens = await recall(document);
    const batch = { items: [], opens: [], closes: [] };
    try {
      document.encoder ??= restored(exports, opens, settingsOf(document.instance));
      for (const event of events.filter(({ n }) => n > document.have)) {
        const json = readable(event);
        if (json === undefined) continue;
        for (const [name, list] of Object.entries(document.encoder.take(json, event.n))) batch[name].push(...list);
      }
    } catch (error) {
      console.error('pagetap:', error);
      lose(document, last, events);
      await renew();
      return document.have;
    }
    document.have = Math.max(document.have, last);
    await write(document, batch);
    return document.have;
  }

  // A page makes of an event what it likes, also what is too deep to be written.
  function readable(event) {
    try {
      return jsonOf(event);
    } catch {
      said.dropped({ unreadable: 1 });
      return undefined;
    }
  }

  // What the log does not take is in memory, and acknowledged all the same, and the person is told. The page would
  // keep it; but of what is not acknowledged only so much may be under way (content/channel.js), and then nothing
  // of the page would come any more: to no recording, no panel and no other collector.
  async function write({ instance, have }, batch) {
    if (!Object.values(batch).some(({ length }) => length)) return;
    announce();
    await dispatch.append({ ...batch, instance, have, options: JSON.stringify(settingsOf(instance)), config: configOf(options, instance) });
  }

  function announce() {
    waiting = Infinity;
    logging();
  }

  function lose(document, last, events) {
    said.dropped({ encoder: events.filter(({ n, layer }) => n > document.have && layer === 'hook').length });
    document.have = Math.max(document.have, last);
    return document.have;
  }

  // The encoder has trapped: all have another, and what was open is known from the log.
  async function renew() {
    for (const document of documents.values()) document.encoder = null;
    await load().catch((error) => {
      exports = null;
      said.become('blocked', `the encoder failed: ${error?.message ?? error}`);
    });
  }

  // The document is gone: what it has open ends, incomplete, when it was last heard of.
  async function finish(document) {
    const { instance } = document;
    const page = await log.store?.page(instance);
    if (!exports || !(page || document.encoder)) return;
    const opens = await recall(document);
    document.encoder ??= restored(exports, opens, settingsOf(instance));
    const batch = document.encoder.finish(page?.ts ?? platform.now());
    document.encoder.close();
    document.encoder = null;
    if (batch.items.length) announce();
    await dispatch.append({ ...batch, instance, config: configOf(options, instance), over: true });
    await log.store?.sweep();
  }

  async function end(instance) {
    const ended = inTurn(instance, finish);
    const { chain } = documents.get(instance);
    await ended;
    // Or it has come again meanwhile.
    if (documents.get(instance)?.chain === chain) documents.delete(instance);
  }

  return {
    /** Resolves with the number of the document's last event that need not come again. */
    keep: (instance, events) => inTurn(instance, (document) => take(document, events)),
    end,

    /** The documents that have not ended. */
    async open() {
      await beginning;
      return log.store ? (await log.store.pages()).map(({ instance }) => instance) : [];
    },

    retry: dispatch.reset,
    mend,

    async stats() {
      await beginning;
      return { ...said.stats(), memory: dispatch.inMemory };
    },
    /** What is known of it now. */
    pending: () => waiting,
    /** When it tries again what could not be sent; Infinity if nothing is known of that. */
    nextTry: () => Math.min(...Object.values(retries.before.lanes ?? {}).map(({ nextTry }) => nextTry)),

    /** Sends nothing more. What is in the log stays there. */
    async close() {
      await beginning;
      await Promise.all([...documents.values()].map(({ chain }) => chain));
      await dispatch.close();
      // With other settings, or none, it is another's.
      await kept.set(name, undefined).catch(() => {});
    },
  };
}
