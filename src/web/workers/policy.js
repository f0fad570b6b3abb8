// What the page's policy lets a worker do whose script is a Blob of ours.
//
// Such a worker is bound by the policy of the page, where one that is loaded from the network has only
// its own. It may be used in its place only if it may do all that a worker without a policy may: run,
// compile, and load the page's script. That can only be tried; what is forbidden makes a violation, so
// the trials go from what is refused most often to what is refused least, and the first refusal ends
// them. Where all is allowed they leave no trace.

import { apply, attempt, getterOf, NO_ARGUMENTS, prototypeOf, URLNative } from '../instrument/natives.js';
import { NATIVE } from './natives.js';

const { addEventListener } = prototypeOf('EventTarget');
const { preventDefault } = prototypeOf('Event');
const { querySelectorAll } = prototypeOf('Document') || {};
const { stringify } = JSON;
const messageData = getterOf(prototypeOf('MessageEvent'), 'data');
const nodeCount = getterOf(prototypeOf('NodeList'), 'length');
const realmOrigin = getterOf(globalThis, 'origin');
const trustedTypes = getterOf(globalThis, 'trustedTypes');
const defaultPolicy = getterOf(prototypeOf('TrustedTypePolicyFactory'), 'defaultPolicy');
const urlProtocol = getterOf(URLNative.prototype, 'protocol');
const urlHost = getterOf(URLNative.prototype, 'host');
// Chromium, in a secure context. Elsewhere the trial of an address would be a request to the server.
const canTry = !!(globalThis.navigator && globalThis.navigator.userAgentData);

const FORBIDDEN = "the page's policy forbids it";

// In the worker. importScripts refuses an address with a password in it before anything goes out (in
// Chromium), but after the policy was asked: that tells whether an address of this origin is allowed.
// The violation is reported in a task; what is posted to ourselves twice comes after that.
const TRIALS = (address, blob) => `
let refused = '';
addEventListener('securitypolicyviolation', () => { refused = ${stringify(FORBIDDEN)}; });
try {
  new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  (0, eval)('0');
  try { importScripts(${stringify(address)}); } catch {}
} catch { refused = ${stringify(FORBIDDEN)}; }
const blobs = () => { try { importScripts(${stringify(blob)}); return ''; } catch { return 'blob'; } };
const { port1, port2 } = new MessageChannel();
let turns = 0;
port1.onmessage = () => {
  if (++turns < 3) setTimeout(() => port2.postMessage(0));
  else postMessage(refused || blobs());
};
port2.postMessage(0);
`;

/** The origin of `realm`, 'null' if it has none of its own. */
export const originOf = (realm) => attempt(realmOrigin, realm);

/** How many policies the document itself sets: whether there is a new one since the trials. */
export function policiesOf(realm) {
  const found = apply(querySelectorAll, realm.document, ['meta[http-equiv="content-security-policy" i]']);
  return attempt(nodeCount, found);
}

/**
 * Tries it in `realm`, whose natives are `its`; calls `done`, at once or later, with '' (all is allowed),
 * 'blob' (all but a script that is a Blob itself), or what is refused.
 */
export function tryPolicy(realm, its, done) {
  if (!canTry) return done('cannot tell what this browser allows');
  // It would be asked about our script, and it is page code.
  if (attempt(defaultPolicy, attempt(trustedTypes, realm))) return done('the page has a trusted types policy');
  const origin = originOf(realm);
  const protocol = origin === 'null' ? '' : attempt(urlProtocol, new URLNative(origin));
  if (protocol !== 'https:' && protocol !== 'http:') return done('the page has no origin of its own');
  const address = `${protocol}//pagetap:pagetap@${attempt(urlHost, new URLNative(origin))}/pagetap`;
  const empty = its.scriptUrl('');
  const url = its.scriptUrl(TRIALS(address, empty));
  let worker;
  const end = (refused) => {
    if (worker) apply(NATIVE.terminate, worker, NO_ARGUMENTS);
    its.free([url, empty]);
    done(refused);
  };
  try {
    worker = new its.Worker(url);
  } catch {
    return end(FORBIDDEN);
  }
  const listen = (type, listener) => apply(addEventListener, worker, [type, listener]);
  listen('message', (event) => end(attempt(messageData, event)));
  listen('error', (event) => {
    apply(preventDefault, event, NO_ARGUMENTS);
    end(FORBIDDEN);
  });
}
