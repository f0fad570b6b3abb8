// Same-origin frames: their windows are tapped like the page's own, for the page's own sink.
//
// A frame begins with a window for its initial about:blank. The first same-origin document it loads
// gets the same window (HTML 7.4.5), so what is patched before that is there before the frame's first
// script. Every further document has a window of its own, which is met when the old one is left or,
// at the latest, when the new one has loaded.
//
// A frame of another origin can only be found out by an access that throws, which shows nowhere; so it
// is tried once per load.

import { HANDLE, instrument } from './instrument.js';
import { apply, attempt, getterOf, NO_ARGUMENTS, pinned, prototypeOf } from './instrument/natives.js';

const { addEventListener } = prototypeOf('EventTarget');
const eventTarget = getterOf(prototypeOf('Event'), 'target');
const element = prototypeOf('Element');
const localName = getterOf(element, 'localName');
const shadowRoot = getterOf(element, 'shadowRoot');
const nodeDocument = getterOf(prototypeOf('Node'), 'ownerDocument');
const nodeType = getterOf(prototypeOf('Node'), 'nodeType');
const firstChild = getterOf(prototypeOf('Node'), 'firstChild');
const { createTreeWalker } = prototypeOf('Document') || {};
const { nextNode } = prototypeOf('TreeWalker') || {};
const nodeCount = getterOf(prototypeOf('NodeList'), 'length');
const addedNodes = getterOf(prototypeOf('MutationRecord'), 'addedNodes');
const isClosed = getterOf(globalThis, 'closed');
const { MutationObserver: Observer, MessageChannel: Channel } = globalThis;
const { observe, disconnect } = prototypeOf('MutationObserver') || {};
const { abort } = prototypeOf('AbortController') || {};
const { postMessage, close } = prototypeOf('MessagePort') || {};

const contentWindow = (name) => getterOf(prototypeOf(name), 'contentWindow');
const CONTENT = {
  __proto__: null,
  iframe: contentWindow('HTMLIFrameElement'),
  frame: contentWindow('HTMLFrameElement'),
  object: contentWindow('HTMLObjectElement'),
};

const CHILDREN = { __proto__: null, childList: true, subtree: true };
const ELEMENT = 1;
const SHOW_ELEMENT = 1;

/** Taps the frames of `realm` with `taps`, if there are any, for `sink`, now and later; returns how to stop it. */
export function watchFrames(realm, sink, taps) {
  if (!taps.length) return;
  // WindowProxy -> what it showed last: {document, handle, sink}. No sink: the frame has a tap of its own.
  const known = pinned(new Map(), 'get', 'set', 'delete', 'forEach');
  const unreachable = pinned(new WeakSet(), 'add', 'has');
  const told = pinned(new Set(), 'add', 'has');
  const stopping = new AbortController();
  const LISTEN = { __proto__: null, capture: true, passive: true, signal: stopping.signal };
  let stopped = false;

  // Nothing of the page's waits for any of this, and nothing of it may reach the page.
  const safely = (step) => (value) => {
    if (stopped) return;
    try {
      step(value);
    } catch (error) {
      stop();
      sink.notice('frame_unreachable', `frames are not watched any more: ${(error && error.message) || error}`);
    }
  };

  const observer = new Observer(
    safely((records) => {
      for (let i = 0; i < records.length; i++) {
        const nodes = apply(addedNodes, records[i], NO_ARGUMENTS);
        const count = apply(nodeCount, nodes, NO_ARGUMENTS);
        for (let at = 0; at < count; at++) explore(nodes[at]);
      }
      known.forEach(leaveIfClosed);
    }),
  );

  // The event path of `load` ends at the document, or at the shadow root.
  const loaded = safely((event) => {
    const target = attempt(eventTarget, event);
    const content = CONTENT[attempt(localName, target)];
    if (content) meet(attempt(content, target));
  });

  // Also when a frame is removed. The window that comes next is there in the task after this one.
  const channel = new Channel();
  const left = safely(() => apply(postMessage, channel.port2, [0]));
  channel.port1.onmessage = safely(() => known.forEach((frame, window) => leaveIfClosed(frame, window) || meet(window)));

  watch(realm.document);

  function listen(target, type, listener) {
    apply(addEventListener, target, [type, listener, LISTEN]);
  }

  /** Finds the frames below `root` (a document or a shadow root), and those that will be. */
  function watch(root) {
    apply(observe, observer, [root, CHILDREN]);
    listen(root, 'load', loaded);
    explore(root);
  }

  function explore(root) {
    visit(root);
    // Most of what a page adds is a leaf, and a walker costs more than all else here.
    if (!apply(firstChild, root, NO_ARGUMENTS)) return;
    const walker = apply(createTreeWalker, apply(nodeDocument, root, NO_ARGUMENTS) || root, [root, SHOW_ELEMENT]);
    for (let node; (node = apply(nextNode, walker, NO_ARGUMENTS)); ) visit(node);
  }

  function visit(node) {
    if (apply(nodeType, node, NO_ARGUMENTS) !== ELEMENT) return;
    const content = CONTENT[apply(localName, node, NO_ARGUMENTS)];
    const window = content && attempt(content, node);
    if (window && !known.get(window) && !unreachable.has(window)) meet(window);
    // A closed one cannot be found.
    const shadow = apply(shadowRoot, node, NO_ARGUMENTS);
    if (shadow) watch(shadow);
  }

  function leaveIfClosed(frame, window) {
    if (!attempt(isClosed, window)) return false;
    leave(frame);
    known.delete(window);
    return true;
  }

  function leave({ handle, sink: owner }, why = 'the frame was left') {
    if (owner) handle.disarm(owner, why);
  }

  /** Looks at what `window` shows now. */
  function meet(window) {
    if (!window) return;
    const before = known.get(window);
    let document;
    let handle;
    try {
      ({ document } = window);
      handle = window[HANDLE];
    } catch {
      if (before) leave(before);
      known.delete(window);
      if (unreachable.has(window)) return;
      unreachable.add(window);
      return sink.notice('frame_unreachable', 'a frame of another origin', true);
    }
    if (!document) return;
    const same = before && before.handle === handle;
    if (before && !same) leave(before);
    const frame = same ? before : { document: null, handle, sink: null, failed: false };
    // Armed by another: the frame has a tap of its own. Disarmed by another: it had one.
    if (!(handle && handle.armed) && !frame.failed) {
      frame.sink = sinkFor(frame);
      frame.handle = instrument(window, frame.sink, taps, true);
    }
    known.set(window, frame);
    if (!frame.sink) return;
    // Again even if nothing is new: `document.open()` takes listeners away.
    listen(window, 'pagehide', left);
    const isNew = frame.document !== document;
    frame.document = document;
    if (isNew) watch(document);
    else listen(document, 'load', loaded);
  }

  // What goes wrong in a frame is not the end of the page's tap: only of what the frame had open.
  function sinkFor(frame) {
    const open = pinned(new Set(), 'add', 'delete', 'forEach');
    const lose = (id) => sink.end(id, 'unobserved', 'tap_failed', 0);
    return {
      __proto__: sink,
      open(about) {
        const id = sink.open(about);
        if (id > 0) open.add(id);
        return id;
      },
      end(id, how, detail, code) {
        open.delete(id);
        sink.end(id, how, detail, code);
      },
      notice(code, detail, once) {
        if (code === 'tap_failed') {
          frame.failed = true;
          open.forEach(lose);
          return sink.notice('frame_unreachable', `the instruments failed in a frame: ${detail}`, true);
        }
        // The same of every frame, otherwise.
        const key = `${code} ${detail}`;
        if (told.has(key) && !once) return;
        told.add(key);
        sink.notice(code, detail, once);
      },
    };
  }

  function stop() {
    if (stopped) return;
    stopped = true;
    apply(disconnect, observer, NO_ARGUMENTS);
    apply(abort, stopping, NO_ARGUMENTS);
    apply(close, channel.port1, NO_ARGUMENTS);
    known.forEach((frame) => leave(frame, 'disarmed'));
  }

  return stop;
}
