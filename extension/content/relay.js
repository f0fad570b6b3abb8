// Between the tap in the page's world and the background: passes batches up and acknowledgements down.
// It keeps nothing that it could lose: what is not acknowledged the tap has.
//
// The way to the background is opened when there is something to say, and again when it is gone: a
// service worker that sleeps is not woken for a page where nothing happens. But while a tab is recorded
// it is kept awake: a page that is closed has no time to wait until it is. What such a page tells then
// goes two ways, because the service worker may be stopped all the same: a port to one that only starts
// is closed with the page, with all that is on its way. The other way is the browser's storage, which
// takes what it is given though nobody waits for it.

import { DOWN, UP } from './meeting.js';
import { seal } from './seal.js';

// For who asks when the background has slept: texts of the last hook events, none of them long.
const RECENT = 50;
const LONGEST = 4096;
// More than this under way, in characters, can only be a tap that does not do what ours does.
const MOST_UNDER_WAY = 24 << 20;

// Of what a page leaves behind, in characters: the session's storage has room for 10 MiB, as base64.
const MOST_LEFT = 4 << 20;

// Before a way is opened again that was closed more than once without a word; twice as long each time.
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

// Firefox has no such place in memory that a content script can reach.
const shelf = () => chrome.storage.session ?? chrome.storage.local;

// Idle for half a minute, a service worker is put to sleep.
const KEEP_AWAKE_MS = 20_000;

// Where the bridge of a world is found by one that comes later: a document that follows the initial
// about:blank may have the world of that.
const BRIDGE = Symbol.for('pagetap.bridge');

/** `reach(port, name)` gives the tap its end. `again`: only after the background has told the name. */
export function bridge(reach, again = false) {
  // Of this very extension, since it is of this world: the tap has one.
  if (again && globalThis[BRIDGE]) return;
  globalThis[BRIDGE]?.();
  const wire = new MessageChannel().port1;
  let port = null;
  let hello = null;
  let underWay = [];
  let size = 0;
  let recent = [];
  let counts = {};
  let awake;
  let refused = 0; // ways that were closed without a word, in a row
  let pause;
  // Where to leave what is told at the end, if the tab is being recorded.
  let box = null;
  let left = [];
  let leftSize = 0;
  let acked = 0;
  let cut = false; // the way was closed, and nobody has answered on the next
  let leaving = false; // to the storage, once all is there that the tap tells in one go
  globalThis[BRIDGE] = stop;

  wire.addEventListener(UP, heard);
  window.addEventListener('pageshow', returned);
  if (!again) reach(wire);
  // The page itself says at once that it is there; its frames when they have something to say. But also
  // a frame that never had must be found again by a bridge after this one.
  if (!port && (again || (hello && window === window.top))) connect();
  else if (!port && hello) introduce();
  chrome.runtime.onMessage.addListener(asked);

  function heard({ detail }) {
    if (!chrome.runtime?.id) return stop(); // The extension is gone; the next one's bridge takes over.
    const message = JSON.parse(detail);
    if (message.hello) hello = message.hello;
    if (port ? message.hello : message.leaving || (!pause && (message.early || message.events))) open();
    // What is not passed on in a pause the tap is asked for after it.
    if (message.events && (port || cut)) pass(message, detail.length);
    if (message.left) leave();
  }

  function pass({ from, acked, leaving: last, events, counts: all }, length) {
    if (size + length > MOST_UNDER_WAY) return;
    size += length;
    underWay.push({ last: from + events.length - 1, length });
    counts = all;
    for (const [at, event] of events.entries()) if (isShort(event)) recent.push({ ...event, n: from + at });
    recent = recent.slice(-RECENT);
    // Once more from the first that is not acknowledged.
    if (last && cut) {
      cut = false;
      forgetLeft();
    }
    if ((last || cut) && box) {
      leftSize += length;
      // After one that has no room no other may come.
      if (leftSize <= MOST_LEFT) left.push({ from, events });
      if (!last && !leaving) {
        leaving = true;
        queueMicrotask(putAway);
      }
    }
    port?.postMessage({ from, acked, events, counts });
  }

  function leave() {
    const sealed = putAway();
    if (sealed) chrome.runtime.sendMessage({ left: box.name, sealed }).catch(() => {});
    forgetLeft();
  }

  function putAway() {
    leaving = false;
    if (!left.length || !box) return undefined;
    const sealed = seal(box.secret, JSON.stringify(left));
    // What cannot be done there is nobody to be told of.
    try {
      shelf().set({ [box.name]: sealed }).catch(() => {});
    } catch {
      // Of an extension that is gone.
    }
    return sealed;
  }

  function forgetLeft() {
    left = [];
    leftSize = 0;
  }

  function open() {
    if (!port) connect();
    else greet();
  }

  function connect() {
    clearTimeout(pause);
    pause = undefined;
    const mine = chrome.runtime.connect({ name: 'tap' });
    port = mine;
    underWay = [];
    size = 0;
    mine.onMessage.addListener((message) => port === mine && answered(message));
    mine.onDisconnect.addListener(() => {
      if (port !== mine) return;
      void chrome.runtime?.lastError;
      port = null;
      if (!chrome.runtime?.id || !(awake || underWay.length)) return;
      reconnect();
      if (box) wayIsCut();
    });
    if (hello) greet();
    else mine.postMessage({ again: true });
  }

  // Firefox may stop the scripts of a tab that is closed before they are told. So until a background has
  // answered, what it has not is in the storage already.
  function wayIsCut() {
    cut = true;
    forgetLeft();
    // From the first that is not acknowledged: what comes after a gap would be taken for all.
    wire.dispatchEvent(new CustomEvent(DOWN, { detail: JSON.stringify({ resume: acked }) }));
  }

  // At once; but a background that cannot start is not asked without end.
  function reconnect() {
    if (++refused === 1) return connect();
    pause = setTimeout(() => chrome.runtime?.id && connect(), Math.min(FIRST_PAUSE_MS * 2 ** (refused - 2), LONGEST_PAUSE_MS));
  }

  function introduce() {
    const introduced = chrome.runtime.sendMessage({ ask: 'introduction' });
    // Who is connected meanwhile has been told; who is not answered asks when there is something to say.
    introduced.then((answer) => answer && !port && answered(answer), () => {});
  }

  function greet() {
    port.postMessage({ hello, counts, recent });
  }

  function keepAwake(on) {
    clearInterval(awake);
    awake = on ? setInterval(() => port?.postMessage({}), KEEP_AWAKE_MS) : undefined;
  }

  function answered({ name, settings, ack, resume, recorded, off }) {
    refused = 0;
    if (name && again && !hello) {
      reach(wire, name);
      // Nobody there: the page is older than the extension.
      if (!hello) stop();
      return;
    }
    if (recorded !== undefined) {
      box = recorded;
      keepAwake(box !== null);
    }
    acked = ack ?? resume ?? acked;
    if (cut && resume !== undefined) {
      cut = false;
      forgetLeft();
    }
    if (ack !== undefined) {
      const gone = underWay.filter(({ last }) => last <= ack);
      size -= gone.reduce((sum, { length }) => sum + length, 0);
      underWay = underWay.slice(gone.length);
    }
    const detail = JSON.stringify({ layers: settings?.layers, again: name, ack, resume, off });
    wire.dispatchEvent(new CustomEvent(DOWN, { detail }));
    if (off) stop();
  }

  // Of a page that was kept for coming back the browser has closed the port, and told nobody here.
  function returned({ isTrusted, persisted }) {
    if (!isTrusted || !persisted || !port) return;
    port.disconnect();
    connect();
  }

  // The background has woken, and somebody wants to know.
  function asked(message, sender) {
    if (sender.id === chrome.runtime.id && message?.ask === 'connect' && hello && !port) connect();
  }

  function stop() {
    if (globalThis[BRIDGE] === stop) delete globalThis[BRIDGE];
    wire.removeEventListener(UP, heard);
    window.removeEventListener('pageshow', returned);
    clearInterval(awake);
    clearTimeout(pause);
    try {
      chrome.runtime.onMessage.removeListener(asked);
      port?.disconnect();
    } catch {
      // Of an extension that is gone.
    }
    port = null;
  }
}

// In the page's own time: counted no further than it has to be.
function isShort(event) {
  if (event.layer !== 'hook') return false;
  let left = LONGEST;
  const count = (value) => {
    if (typeof value === 'string') left -= value.length;
    else if (value && typeof value === 'object') {
      for (const name of Object.keys(value)) {
        left -= name.length + 1;
        if (left > 0) count(value[name]);
      }
    }
  };
  count(event);
  return left > 0;
}
