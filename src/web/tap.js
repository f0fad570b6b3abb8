// The tap: what the instruments see goes in, events go out.
//
// On the page's time there is one copy of the bytes and one push. Everything
// else happens in a task of our own, so that the core may still be loading, and
// so that no parsing and no listener ever stands between the page and its data.

import { Converter } from './convert.js';
import { Core } from './core.js';
import { Subscribers, hookLayer, rawLayer } from './layers.js';
import { QUICK } from './quick.js';

// Bytes that may wait for the core. While it loads, more are dropped and
// counted; once it runs, it is run at once (a page would have to read this much
// without ever yielding).
const LOADING_LIMIT = 32 << 20;
const RUNNING_LIMIT = 8 << 20;
// Bytes of the blocks in which chunks wait, and so of what the core gets at a time.
const BLOCK = 64 << 10;
// A request body longer than this is reported as unreadable.
const REQUEST_LIMIT = 16 << 20;
// What a step of the queue weighs besides the bytes it carries, roughly.
const STEP_BYTES = 100;

function add(counts, name, count) {
  counts[name] = (counts[name] || 0) + count;
}

export function createTap(realm, version, options, parts) {
  const { now } = realm.Date;
  const added = [];
  const { covered: coveredEarly, headersOf, matcher } = parts.match ?? {
    // The core is there from the start, and knows. Before, only what cannot be patched is said.
    covered: (text) => (failure ? '' : text),
    headersOf: () => '',
    matcher: () => (url, method) => core?.wants(url, method),
  };
  const covered = (text) => (core && !failure ? core.covered(text) : coveredEarly(text));
  const wants = matcher(options.match, (code, detail) => sink.notice(code, detail), added);
  const links = parts.links?.(options);
  const open = new Map();
  const counts = { streams: 0, chunks: 0, bytes: 0, droppedBytes: 0, events: 0, hooks: {}, notices: {} };
  let core = null;
  let converter = null;
  let encoding = 'loading';
  let failure = null;
  let closed = false;
  let lastId = 0;
  const ended = [];
  let queue = [];
  let queuedBytes = 0;
  let queuedSteps = 0;
  // Where chunks wait, one behind the other: to give each memory of its own costs more than the copy.
  let block;
  let filled = BLOCK;
  // The last step of the queue, which may grow if it is a chunk's.
  let tail = [];
  let scheduled = false;
  let draining = false;
  // What the page shows, asked once for all that waited: asking takes 1 µs, an event little more.
  let page;
  let full = false;
  let broken = null;
  let onFailure = () => {};

  const lost = () => report('iterator_full', 'a reader of events() is too slow');
  const rawSubscribers = new Subscribers(listen, lost);
  const hookSubscribers = new Subscribers(listen, lost);

  // A task that background throttling does not delay.
  const channel = new realm.MessageChannel();
  channel.port1.onmessage = () => {
    scheduled = false;
    drain();
  };

  function listen() {
    if (!core || failure) return;
    try {
      core.listen(rawSubscribers.size > 0, hookSubscribers.size > 0);
    } catch (error) {
      fail(error);
    }
  }

  // `id` and `ts`: of what may grow; then `proceed` is the caller's to call.
  function push(work, bytes = 0, id, ts) {
    if (failure || closed) return;
    if (!core && !full && bytes && queuedBytes + bytes > LOADING_LIMIT) overflow();
    if (full) {
      counts.droppedBytes += bytes;
      return;
    }
    bytes += STEP_BYTES;
    queue.push(tail = [work, bytes, id, ts]);
    queuedBytes += bytes;
    queuedSteps++;
    if (!id) proceed();
  }

  function proceed() {
    if (core && queuedBytes > RUNNING_LIMIT) drain();
    else schedule();
  }

  // Has `step(core, ts)` done in its turn, as of now.
  function later(step, bytes) {
    const ts = now();
    push(() => step(core, ts), bytes);
  }

  // The core is late. A stream with a gap would be a false one, so all that are
  // open end here, and nothing more is taken until the core has come.
  function overflow() {
    endAll('queue_full');
    report('queue_full', 'the core is not there yet', open.size);
    full = true;
  }

  function schedule() {
    if (scheduled || !core) return;
    scheduled = true;
    channel.port2.postMessage(0);
  }

  function drain() {
    // A listener may do what brings us back here; the batch it came from is not
    // read to its end yet.
    if (!core || failure || draining) return;
    draining = true;
    page = undefined;
    const work = queue;
    queue = [];
    tail = [];
    try {
      for (const [step, bytes] of work) {
        // A listener may have broken the core; what is still there was counted then.
        if (failure) break;
        queuedBytes -= bytes;
        queuedSteps--;
        step(bytes);
        // At once: records take many times the bytes that they are made of.
        core.read((table, text, memory) =>
          converter.convert(table, text, memory, sinks, !rawSubscribers.size));
        // A stream's own facts are needed until its last frames are converted.
        for (const id of ended.splice(0)) open.delete(id);
      }
    } catch (error) {
      fail(error);
    }
    draining = false;
    // A listener may have removed the tap: then no message will bring us back.
    if (queue.length && !failure) closed ? drain() : schedule();
    else if (closed) letGo();
  }

  function letGo() {
    rawSubscribers.close();
    hookSubscribers.close();
    exporter?.close();
  }

  const sinks = {
    raw(event) {
      if (rawSubscribers.size === 0) return;
      counts.events++;
      rawSubscribers.emit('*', event);
    },
    hook(payload) {
      add(counts.hooks, payload.type, 1);
      hookSubscribers.emit(payload.type, payload);
    },
    notice,
  };
  const dom = parts.dom?.(realm, options, { later, report, sinks });

  function notice(payload) {
    add(counts.notices, payload.code, payload.count);
    hookSubscribers.emit('Notice', payload);
    rawSubscribers.emit('*', { source: 'tap', kind: 'notice', ...payload });
  }

  // A notice of the tap's own. In its turn, so that no listener runs inside a call
  // of the page's; at once when there is no turn any more.
  function report(code, detail, count = 1) {
    const payload = { type: 'Notice', ts: now(), code, streamId: 0, detail: String(detail), count };
    if (core && !failure && !closed) push(() => notice(payload));
    else notice(payload);
  }

  // The core is broken: it can say no more, and nothing more is tapped.
  function fail(error) {
    if (failure) return;
    failure = String(error?.message || error);
    counts.droppedBytes += queuedBytes - queuedSteps * STEP_BYTES;
    const unfinished = open.size;
    queue = [];
    queuedBytes = 0;
    open.clear();
    onFailure();
    report('core_failed', failure, unfinished || 1);
  }

  function endAll(why) {
    for (const id of open.keys()) sink.end(id, 'unobserved', why);
  }

  function count(stream, bytes) {
    stream.bytes += bytes;
    counts.chunks++;
    counts.bytes += bytes;
  }

  // What the page shows: it may have been another when a stream was opened.
  function conversation() {
    return dom?.conversation() || /\/chat\/([^/]+)/.exec(realm.location?.pathname)?.[1] || null;
  }

  const sink = {
    wants: (url, method, about) => wants(url, method, headersOf(about)) || !!links?.knows(url, method),
    open({ url, method, transport = 'fetch', adopted, headers, protocol }) {
      if (failure || full || closed) return 0;
      const id = ++lastId;
      const ts = now();
      // An event stream that is fetched becomes `sse` by its headers.
      const stream = {
        id, url, method, transport, adopted: !!adopted, ts, status: 0, source: transport, bytes: 0, shown: conversation(),
      };
      open.set(id, stream);
      counts.streams++;
      const opening = { transport, url, method, headers: headersOf({ headers, protocol }) };
      links?.opened(stream, opening.headers);
      push(() => core.open(id, opening, ts), url.length);
      return id;
    },
    request(id, body) {
      const kept = body?.length > REQUEST_LIMIT ? null : body;
      later((core, ts) => core.request(id, kept, ts), kept?.length);
    },
    response(id, { status, contentType, retryAfter }) {
      const stream = open.get(id);
      if (stream) {
        stream.status = status;
        if (stream.source === 'fetch' && /^text\/event-stream\s*(;|$)/i.test(contentType)) stream.source = 'sse';
      }
      later((core, ts) => core.response(id, status, contentType || '', retryAfter || '', ts));
    },
    chunk(id, bytes) {
      const stream = open.get(id);
      if (!stream) return;
      const { length } = bytes;
      count(stream, length);
      links?.came(stream, bytes, '');
      const ts = now();
      // How an event stream is cut means nothing to anybody: what goes on in the same millisecond is one chunk.
      // (Before the core is there, each has to be looked at: there may be no room for it.)
      if (QUICK && core && tail[2] === id && tail[3] === ts && stream.source === 'sse' && filled + length <= BLOCK) {
        block.set(bytes, filled);
        filled += length;
        tail[1] += length;
        queuedBytes += length;
        return;
      }
      // In pieces: among large ones what the core keeps would lie scattered, and WebAssembly's memory never shrinks.
      for (let at = 0; at < length; at += BLOCK) {
        // Before the core is there, listeners are told at once, and what is left may be gone.
        if (full) {
          counts.droppedBytes += length - at;
          break;
        }
        if (filled + length - at > BLOCK) {
          block = new Uint8Array(BLOCK);
          filled = 0;
        }
        const into = block;
        const start = filled;
        // A copy: the page may hand the buffer on as soon as it has it.
        const part = bytes.subarray(at, at + BLOCK);
        into.set(part, start);
        filled += part.length;
        push((weight) => core.chunk(id, into.subarray(start, start + weight - STEP_BYTES), ts), part.length, id, ts);
      }
      // All is copied before a listener runs: the buffer may be within its reach.
      proceed();
    },
    end(id, how, detail, code = 0) {
      later((core, ts) => {
        core.end(id, how, detail || '', code, ts);
        ended.push(id);
      });
    },
    // `once`: of what a page may have any number of. Said the first time, then only counted.
    notice(code, detail, once) {
      const shown = covered(String(detail));
      if (once && code in counts.notices) counts.notices[code]++;
      else {
        if (once) counts.notices[code] = 0;
        report(code, shown);
      }
      // The instruments are broken and have disarmed themselves; the core is well.
      if (code === 'tap_failed') {
        broken = shown;
        endAll(code);
      }
    },
    ...parts.messages?.({ stream: (id) => open.get(id), count, later, links }),
    ...parts.settings?.(options, wants, added),
  };

  const exporter = parts.exporting?.(realm, { subscribers: hookSubscribers, report });
  const rules = parts.tables?.({
    core: () => core, stopped: () => !!failure || closed, added, report, fail, dom,
  });

  return {
    sink,
    dom,
    raw: rawLayer(rawSubscribers, { streams, stats }),
    hooks: hookLayer(hookSubscribers, { stats, own: { ...parts.hooks, ...rules?.hooks, ...exporter?.hooks } }, version),
    // The core is there, under whatever name its encoding has.
    start(exports, name) {
      if (core || failure || closed) return;
      try {
        core = new Core(exports, options.limits);
        converter = new Converter(core, (id) => open.get(id)?.shown ?? (page ??= [conversation()])[0], (id, isFrame) => {
          const source = open.get(id)?.source || 'sse';
          return source === 'sse' && !isFrame ? 'fetch' : source;
        });
      } catch (error) {
        return fail(error);
      }
      encoding = name;
      full = false;
      rules?.start();
      listen();
      drain();
    },
    fail,
    set onFailure(callback) { onFailure = callback; },
    // The page goes away: what is open stays unfinished, and is said to be.
    leave() {
      endAll('the page was left');
      sink.leave?.();
      drain();
    },
    flush: drain,
    // Removed: what came is delivered, what comes is not taken.
    close() {
      if (!core && open.size) report('core_failed', 'removed before it came', open.size);
      closed = true;
      drain();
      channel.port1.close();
      if (!draining) letGo();
    },
  };

  function streams() {
    return [...open.values()].map(({ source, beginning, shown, ...stream }) => ({ ...stream, url: covered(stream.url) }));
  }

  function stats() {
    return {
      version,
      encoding,
      failure: failure ?? broken,
      ...counts,
      hooks: { ...counts.hooks },
      notices: { ...counts.notices },
      open: open.size,
      queuedBytes,
      listenerErrors: rawSubscribers.errors + hookSubscribers.errors,
      lastListenerError: hookSubscribers.lastError ?? rawSubscribers.lastError,
      droppedEvents: hookSubscribers.dropped + rawSubscribers.dropped,
    };
  }
}
