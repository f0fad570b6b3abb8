// As ../instrument/natives.js, for what is on screen: what reads the page is the platform's own, whatever
// the page has put in its place since. Nothing here writes, and nothing asks for layout or style.

import { apply, attempt, getterOf, NO_ARGUMENTS, prototypeOf } from '../instrument/natives.js';

const node = prototypeOf('Node');
const element = prototypeOf('Element');
const read = (getter) => (object) => apply(getter, object, NO_ARGUMENTS);
const method = (prototype, name) => prototype && prototype[name];

export const ELEMENT = 1;
export const TEXT = 3;
const DOCUMENT = 9;
const FRAGMENT = 11;

export const nodeType = read(getterOf(node, 'nodeType'));
export const parentOf = read(getterOf(node, 'parentNode'));
export const firstChild = read(getterOf(node, 'firstChild'));
export const lastChild = read(getterOf(node, 'lastChild'));
export const nextSibling = read(getterOf(node, 'nextSibling'));
export const previousSibling = read(getterOf(node, 'previousSibling'));
export const isConnected = read(getterOf(node, 'isConnected'));
export const dataOf = read(getterOf(prototypeOf('CharacterData'), 'data'));
export const localName = read(getterOf(element, 'localName'));
/** The shadow root of an element, if it is an open one. */
export const shadowOf = read(getterOf(element, 'shadowRoot'));
const hostGetter = getterOf(prototypeOf('ShadowRoot'), 'host');

const { getAttribute, matches: matchesNative } = element || {};
export const attributeOf = (object, name) => apply(getAttribute, object, [name]);
/** An empty selector finds nothing. */
export const matches = (object, selector) => selector !== '' && apply(matchesNative, object, [selector]);

// Each kind of node has a method of its own, which refuses the others.
const QUERIES = {
  __proto__: null,
  [ELEMENT]: method(element, 'querySelectorAll'),
  [DOCUMENT]: method(prototypeOf('Document'), 'querySelectorAll'),
  [FRAGMENT]: method(prototypeOf('DocumentFragment'), 'querySelectorAll'),
};
const nodeCount = getterOf(prototypeOf('NodeList'), 'length');
/** All that a selector finds below `root`, as `step` is given it. */
export function each(root, selector, step) {
  if (selector === '' || !firstChild(root)) return;
  const list = apply(QUERIES[nodeType(root)], root, [selector]);
  const count = apply(nodeCount, list, NO_ARGUMENTS);
  for (let i = 0; i < count; i++) step(list[i]);
}

/** What is above a node, out of shadow roots, too. */
export const above = (object) => parentOf(object) || attempt(hostGetter, object);

const { createTreeWalker, createDocumentFragment } = prototypeOf('Document') || {};
const { nextNode } = prototypeOf('TreeWalker') || {};
const SHOW_ELEMENT = 1;
/** Every element below `root`. */
export function eachElement(document, root, step) {
  if (!firstChild(root)) return;
  const walker = apply(createTreeWalker, document, [root, SHOW_ELEMENT]);
  for (let found; (found = apply(nextNode, walker, NO_ARGUMENTS)); ) step(found);
}

/** Whether the platform takes `selector` for one. */
export function isSelector(document, selector) {
  try {
    apply(QUERIES[FRAGMENT], apply(createDocumentFragment, document, NO_ARGUMENTS), [selector]);
    return true;
  } catch {
    return false;
  }
}

const visibility = getterOf(prototypeOf('Document'), 'visibilityState');
export const isHidden = (document) => apply(visibility, document, NO_ARGUMENTS) === 'hidden';

const readyState = getterOf(prototypeOf('Document'), 'readyState');
export const isLoaded = (document) => apply(readyState, document, NO_ARGUMENTS) === 'complete';

const { MutationObserver: Observer, requestAnimationFrame, cancelAnimationFrame, setTimeout, clearTimeout } = globalThis;
const { observe, disconnect, takeRecords } = prototypeOf('MutationObserver') || {};
const record = prototypeOf('MutationRecord');
export const recordType = read(getterOf(record, 'type'));
export const recordTarget = read(getterOf(record, 'target'));
const addedNodes = getterOf(record, 'addedNodes');

export function eachAdded(change, step) {
  const list = apply(addedNodes, change, NO_ARGUMENTS);
  const count = apply(nodeCount, list, NO_ARGUMENTS);
  for (let i = 0; i < count; i++) step(list[i]);
}

/** A MutationObserver: what to observe, and how to stop and to take what waits. */
export function mutations(callback) {
  const observer = new Observer(callback);
  return {
    observe: (root, options) => apply(observe, observer, [root, options]),
    disconnect: () => apply(disconnect, observer, NO_ARGUMENTS),
    take: () => apply(takeRecords, observer, NO_ARGUMENTS),
  };
}

export const requestFrame = (step) => requestAnimationFrame(step);
export const cancelFrame = (frame) => cancelAnimationFrame(frame);
export const startTimer = (step, delay) => setTimeout(step, delay);
export const stopTimer = (timer) => clearTimeout(timer);
export const { now } = Date;

const { WeakRef: Ref } = globalThis;
const { deref } = prototypeOf('WeakRef') || {};
/** What is on screen may leave it: nothing here keeps it. */
export const weakly = (object) => new Ref(object);
export const reached = (ref) => apply(deref, ref, NO_ARGUMENTS);

const { WeakMap: Map, WeakSet: Set } = globalThis;
const { get, set } = Map.prototype;
const { add, has } = Set.prototype;
/** Made at any time, and yet with the methods of the platform. */
export function weakMap() {
  const map = new Map();
  return { get: (key) => apply(get, map, [key]), set: (key, value) => apply(set, map, [key, value]) };
}
export function weakSet() {
  const keys = new Set();
  return { has: (key) => apply(has, keys, [key]), add: (key) => apply(add, keys, [key]) };
}

const { stringify } = JSON;
/** A text as JSON has it. */
export const quoted = (text) => stringify(text);

const { exec: execNative } = RegExp.prototype;
/** As `pattern.exec(text)`. */
export const exec = (pattern, text) => apply(execNative, pattern, [text]);

const { addEventListener, removeEventListener } = prototypeOf('EventTarget');
const LISTEN = Object.freeze({ __proto__: null, capture: true, passive: true });
export const listen = (target, type, listener) => apply(addEventListener, target, [type, listener, LISTEN]);
export const unlisten = (target, type, listener) => apply(removeEventListener, target, [type, listener, LISTEN]);
