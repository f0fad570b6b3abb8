// From the page's world to the bridge (bridge.js): all events, numbered from 1 without gaps, each kept
// until the background has it. Whatever happens on the other side (a service worker that sleeps, an
// extension that is loaded anew, a bridge that is gone), the next bridge gets what nobody has
// acknowledged.
//
// The page's scripts may patch whatever they like later: nothing of the platform is looked up after
// this file was evaluated, or they would come by the port.

import { addListener, apply, defineProperty, getterOf, NO_ARGUMENTS, pinned, prototypeOf, queueMicrotaskNative, removeListener } from '../../src/web/instrument/natives.js';
import { base64 } from './base64.js';
import { DOWN, MEETING, UP } from './meeting.js';

const { parse, stringify } = JSON;
const { keys, setPrototypeOf } = Object;
const { dispatchEvent } = EventTarget.prototype;
const portsOf = getterOf(prototypeOf('MessageEvent'), 'ports');
const detailOf = getterOf(prototypeOf('CustomEvent'), 'detail');
const Custom = CustomEvent;
const now = Date.now;
// `randomUUID` is there only where the page came over TLS.
const session = `${crypto.getRandomValues(new Uint32Array(4))}`;

// What is kept of what nobody has acknowledged, in characters, and how much of it may be under way:
// the other side holds no more than that of a frame.
const KEPT = 16 << 20;
const UNDER_WAY = 2 << 20;
const BATCH = 256 << 10;

const CHANNEL = Symbol.for('pagetap.channel');

// A document that follows the initial about:blank has its window, and what was installed in it.
// `core`: `{refused, came()}`, whether it is still to be brought, and whom to tell when it was.
export function openChannel(handle, core) {
  window[CHANNEL]?.();
  const onHook = handle.hooks.on;
  const onRaw = handle.tap.on;
  const statsOf = handle.hooks.stats;

  let wire;
  let layers = null; // Not known yet: then everything is kept.
  // [text, layer] of what has no number yet; {text, n} of what waits to be acknowledged.
  const early = list();
  const kept = list();
  let keptSize = 0;
  let last = 0; // number of the last event
  let sent = 0; // number of the last one that is under way
  let underWay = 0;
  let lost = 0; // not told yet
  let scheduled = false;
  const counts = { __proto__: null, hooks: 0, raw: 0, notices: 0, dropped: 0 };

  let stopHooks;
  let stopRaw;
  listen();
  apply(addListener, document, [MEETING, meet]);
  // After the tap's own, which tells the end of what was open.
  apply(addListener, window, ['pagehide', leave]);
  defineProperty(window, CHANNEL, { value: close, configurable: true });

  function listen() {
    const wanted = layers || { hooks: true, raw: true };
    stopHooks = change(stopHooks, wanted.hooks, () => onHook('*', (event) => take('hook', event)));
    stopRaw = change(stopRaw, wanted.raw, () => onRaw((event) => take('raw', event)));
  }

  function take(layer, event) {
    // A notice is of both layers: once is enough.
    if (layer === 'raw' && event.kind === 'notice' && stopHooks) return;
    const text = textOf(layer, event);
    if (keptSize + text.length > KEPT) {
      lost++;
      counts.dropped++;
    } else {
      keptSize += text.length;
      if (layers) number(text, layer, event.type);
      else early.push([text, layer, event.type]);
    }
    if (scheduled) return;
    scheduled = true;
    // One batch for what the tap tells in one task.
    queueMicrotaskNative(flush);
  }

  function number(text, layer, type) {
    counts[layer === 'raw' ? 'raw' : type === 'Notice' ? 'notices' : 'hooks']++;
    kept.push({ n: ++last, text });
  }

  function flush() {
    scheduled = false;
    if (layers && lost && keptSize < KEPT / 2) {
      const text = textOf('hook', { type: 'Notice', ts: now(), code: 'events_dropped', streamId: 0, detail: 'the extension did not take them in time', count: lost });
      lost = 0;
      keptSize += text.length;
      number(text, 'hook', 'Notice');
    }
    send(UNDER_WAY);
  }

  // Batches of what was not sent, as long as less than `limit` is under way.
  function send(limit, leaving = false) {
    if (!wire) return;
    if (!layers) {
      // The bridge has not been told what is wanted; now it has a reason to ask.
      if (early.length) say({ early: true });
      return;
    }
    while (sent < last && underWay < limit) {
      let at = kept.length - (last - sent);
      let events = '';
      const from = sent + 1;
      // What comes after it and before `from` is still on its way.
      const acked = kept[0].n - 1;
      for (; at < kept.length && events.length < BATCH; at++, sent++) {
        underWay += kept[at].text.length;
        events += (events && ',') + kept[at].text;
      }
      tell(`{"from":${from},"acked":${acked},"leaving":${leaving},"counts":${stringify(counts)},"events":[${events}]}`);
    }
  }

  // Again what may have been on a way that is gone: there is no time to be told.
  function leave({ isTrusted }) {
    if (!isTrusted) return;
    resume();
    send(Infinity, true);
    say({ left: true });
  }

  function resume() {
    sent = kept.length ? kept[0].n - 1 : last;
    underWay = 0;
  }

  function say(message) {
    tell(stringify({ __proto__: null, ...message }));
  }

  function tell(detail) {
    apply(dispatchEvent, wire, [new Custom(UP, { __proto__: null, detail })]);
  }

  function meet(event) {
    const ports = apply(portsOf, event, NO_ARGUMENTS);
    if (!ports || !ports.length) return;
    apply(removeListener, document, [MEETING, meet]);
    join(ports[0]);
  }

  function join(port) {
    if (wire) apply(removeListener, wire, [DOWN, hear]);
    wire = port;
    apply(addListener, wire, [DOWN, hear]);
    greet();
  }

  function greet() {
    const { encoding, version } = statsOf();
    say({ hello: { session, encoding, version, needsCore: core.refused }, early: core.refused || early.length > 0 });
  }
  core.came = () => wire && greet();

  let again = '';
  function hear(event) {
    // What it does not say must not be looked for where the page can write.
    const message = setPrototypeOf(parse(apply(detailOf, event, NO_ARGUMENTS)), null);
    if (message.off) return leaveAlone();
    if (message.layers) {
      layers = message.layers;
      listen();
      for (let at = 0; at < early.length; at++) {
        const [text, layer, type] = [early[at][0], early[at][1], early[at][2]];
        if (layer === 'raw' ? layers.raw : layers.hooks) number(text, layer, type);
        else keptSize -= text.length;
      }
      early.length = 0;
    }
    // Under which name a bridge after this one will ask: known to the background and to us.
    if (message.again && message.again !== again) {
      if (again) apply(removeListener, document, [again, rejoin]);
      again = message.again;
      apply(addListener, document, [again, rejoin]);
    }
    if (message.ack !== undefined) acknowledge(message.ack);
    // The bridge has a new way to the background: what is not acknowledged goes again.
    if (message.resume !== undefined) {
      acknowledge(message.resume);
      resume();
    }
    flush();
  }

  function rejoin(event) {
    const ports = apply(portsOf, event, NO_ARGUMENTS);
    if (ports && ports.length) join(ports[0]);
  }

  function acknowledge(n) {
    let gone = 0;
    for (; gone < kept.length && kept[gone].n <= n; gone++) {
      keptSize -= kept[gone].text.length;
      if (kept[gone].n <= sent) underWay -= kept[gone].text.length;
    }
    kept.splice(0, gone);
    if (sent < n && n <= last) sent = n;
  }

  // The page is not to be watched: of us nothing stays in it.
  function leaveAlone() {
    close();
    early.length = kept.length = 0;
    handle.destroy();
  }

  function close() {
    stopHooks = change(stopHooks, false);
    stopRaw = change(stopRaw, false);
    apply(removeListener, document, [MEETING, meet]);
    if (again) apply(removeListener, document, [again, rejoin]);
    apply(removeListener, window, ['pagehide', leave]);
    if (wire) apply(removeListener, wire, [DOWN, hear]);
    wire = null;
  }
}

const list = () => pinned([], 'push', 'splice');

function change(stop, wanted, start) {
  if (wanted) return stop || start();
  stop?.();
  return undefined;
}

// `raw` of a raw event is what `data` parses to: not read. Of a hook event it says where the frame
// stands that caused it, which is an event of its own: its bytes are not read.
function textOf(layer, event) {
  const copy = { __proto__: null, layer };
  const names = keys(event);
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    if (name === 'bytes') copy.bytes = base64(event.bytes);
    else if (name !== 'raw') copy[name] = event[name];
    else if (layer === 'hook') copy.raw = placeOf(event.raw);
  }
  return stringify(copy);
}

const placeOf = (raw) => raw && { __proto__: null, streamId: raw.streamId, seq: raw.seq, offset: raw.offset, length: raw.length };
