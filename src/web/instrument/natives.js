// The platform as it was when this file was evaluated.
//
// A page may replace any of this later (polyfills, zones, test doubles); our work must neither run
// its code nor change with it. Natives of this realm serve every realm: they look at internal slots.
// That also makes them the only honest brand check. `instanceof` refuses an iframe's Response and
// accepts a look-alike; a native getter, called in try, does neither.
//
// After installation: no destructuring of arrays, no spread, no for-of. They go through
// Array.prototype[@@iterator], which belongs to the page.

export const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { hasOwnProperty } = Object.prototype;
const Bytes = Uint8Array;

export const NO_ARGUMENTS = Object.freeze([]);

/** What `peek` answers when only the page's own code could tell. */
export const UNKNOWN = Symbol();

export const prototypeOf = (name) => globalThis[name] && globalThis[name].prototype;
const accessorOf = (prototype, key) => (prototype && getOwnPropertyDescriptor(prototype, key)) || {};
export const getterOf = (prototype, key) => accessorOf(prototype, key).get;

const gettersOf = (name, keys) => keys.split(' ').map((key) => getterOf(prototypeOf(name), key));

export const [responseStatus, responseUrl, responseHeaders, responseBody, responseBodyUsed] =
  gettersOf('Response', 'status url headers body bodyUsed');
export const { clone: cloneResponse } = prototypeOf('Response');

export const [requestUrl, requestMethod, requestSignal, requestHeaders, requestBody] =
  gettersOf('Request', 'url method signal headers body');
export const { clone: cloneRequest, text: requestText } = prototypeOf('Request');

const ReadableStreamNative = ReadableStream;
export const [isLocked] = gettersOf('ReadableStream', 'locked');
export const { getReader, values } = prototypeOf('ReadableStream');

export const [readerClosed] = gettersOf('ReadableStreamDefaultReader', 'closed');
export const [byobReaderClosed] = gettersOf('ReadableStreamBYOBReader', 'closed');
export const { read, cancel, releaseLock } = prototypeOf('ReadableStreamDefaultReader');
export const { enqueue, close: closeController, error: errorController } = prototypeOf('ReadableStreamDefaultController');

export const getHeader = Headers.prototype.get;
export const [urlHref] = gettersOf('URL', 'href');
export const URLNative = URL;
export const { set: setUser } = accessorOf(URL.prototype, 'username');
export const { set: setPassword } = accessorOf(URL.prototype, 'password');
const [baseUri] = gettersOf('Node', 'baseURI');
export const [signalAborted, signalReason] = gettersOf('AbortSignal', 'aborted reason');
export const { addEventListener: addListener, removeEventListener: removeListener } = EventTarget.prototype;
export const [exceptionName, exceptionMessage] = gettersOf('DOMException', 'name message');
export const searchParamsText = URLSearchParams.prototype.toString;
export const [blobSize] = gettersOf('Blob', 'size');
export const blobBuffer = Blob.prototype.arrayBuffer;
export const [bufferLength] = gettersOf('ArrayBuffer', 'byteLength');
export const setTimer = setTimeout;
export const queueMicrotaskNative = queueMicrotask;
export const Registry = globalThis.FinalizationRegistry;
export const { charCodeAt, indexOf, slice, toLowerCase, toUpperCase, trim } = String.prototype;
export const { isArray } = Array;

// What native promises of `realm` inherit from, also if its global Promise was replaced (zones do).
const promisesOf = (realm) => getPrototypeOf(new realm.Response().text());
export const { then } = promisesOf(globalThis);

// Web IDL makes a promise in the realm of `this`, not of the function: the page may well read the
// stream of a frame with a method of its own. So whether a promise is native is asked of all realms.
const promiseKinds = pinned(new WeakSet(), 'add', 'has');
export const knowPromisesOf = (realm) => promiseKinds.add(promisesOf(realm));
/** A foreign wrapper below us may return anything; the `then` of a thenable is its code. */
export const isPromise = (object) => !!object && typeof object === 'object' && promiseKinds.has(getPrototypeOf(object));

/** What a pipe over a stream of ours returns is of that stream's realm. */
export const streamsOf = (realm) => (realm === globalThis ? ReadableStreamNative : realm.ReadableStream);

/** What relative addresses of `realm` are relative to; undefined in a worker, or when a frame has gone elsewhere. */
export const baseOf = (realm) => attempt(() => attempt(baseUri, realm.document));

/** The native getter's or method's answer; undefined when `self` is not of its brand. */
export function attempt(native, self) {
  try {
    return apply(native, self, NO_ARGUMENTS);
  } catch {
    return undefined;
  }
}

/**
 * Property `key` of `object` as [[Get]] would find it, provided that it is plain data. An accessor is
 * left alone (UNKNOWN): the platform calls it exactly once, and so it must stay.
 */
export function peek(object, key) {
  try {
    while (object && (typeof object === 'object' || typeof object === 'function')) {
      const found = getOwnPropertyDescriptor(object, key);
      if (found) return apply(hasOwnProperty, found, ['value']) ? found.value : UNKNOWN;
      object = getPrototypeOf(object);
    }
    return undefined;
  } catch {
    return UNKNOWN; // a Proxy of the page's that objects to being asked
  }
}

/** `object` with its methods as own properties, out of reach of later changes to its prototype. */
export function pinned(object, ...methods) {
  for (const method of methods) defineProperty(object, method, { value: object[method] });
  return object;
}

export const weakMap = () => pinned(new WeakMap(), 'get', 'set');

const VIEWS = [getPrototypeOf(Bytes.prototype), DataView.prototype].map((prototype) =>
  ['buffer', 'byteOffset', 'byteLength'].map((key) => getterOf(prototype, key)),
);

/**
 * The bytes of an ArrayBufferView or ArrayBuffer as a view over the same memory, and that from byte
 * `skip` on; undefined for anything else.
 */
export function bytesOf(object, skip = 0) {
  for (let kind = 0; kind < 2; kind++) {
    const slots = VIEWS[kind];
    const memory = attempt(slots[0], object);
    if (memory) return new Bytes(memory, attempt(slots[1], object) + skip, attempt(slots[2], object) - skip);
  }
  return attempt(bufferLength, object) === undefined ? undefined : new Bytes(object);
}

/** The length of a Uint8Array. */
export const lengthOf = (bytes) => apply(VIEWS[0][2], bytes, NO_ARGUMENTS);

/** A Uint8Array of our own with the same content. */
export const copyOf = (bytes) => new Bytes(bytes);
