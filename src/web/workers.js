// Dedicated workers. A worker can only be tapped from inside, and a script of ours gets inside only in
// place of the page's, which it then loads: the worker has another address, and what shows of that is
// a list in the README. So workers are left alone unless they are asked for, and a notice says that there
// is one.
//
// The constructor stays native; only the address it is given changes.

import { apply, attempt, construct, getterOf, peek, then, UNKNOWN, URLNative } from './instrument/natives.js';
import { hrefOf } from './instrument/request.js';
import { blobOf } from './workers/blobs.js';
import { connect, hangUp } from './workers/line.js';
import { nativesOf, settled } from './workers/natives.js';
import { originOf, policiesOf, tryPolicy } from './workers/policy.js';
import source from 'pagetap-worker-source';

const urlOrigin = getterOf(URLNative.prototype, 'origin');
const urlProtocol = getterOf(URLNative.prototype, 'protocol');
const { stringify } = JSON;

// What the page wants seen, as far as it can be written down; a function is asked in the page.
function portable(match = 'dialects') {
  if (typeof match === 'function') return 'all';
  return match.source === undefined ? match : { source: match.source, flags: match.flags };
}

export function tapWorkers(tap) {
  const { ask, guard, patch, realm, tell } = tap;
  if (!realm.Worker) return;
  const its = nativesOf(realm);
  // What the policy refuses; undefined until it is known, null until it was tried.
  let refused = null;
  let policies = -1;

  const constructing = (target, args, newTarget) => {
    const plan = guard(planFor, args);
    const tapped = plan && plan.url && started(target, plan, args[1], newTarget);
    if (tapped) {
      guard(connect, tap, its, tapped, plan);
      return tapped;
    }
    const worker = construct(target, args, newTarget);
    if (plan) tell('notice', 'worker_unobserved', plan.reason || 'its script could not be put in place', true);
    return worker;
  };
  patch('Window', { Worker: constructing }, 'construct');
  patch('Worker', { constructor: constructing }, 'construct');
  patch('Worker', {
    terminate(target, self, args) {
      const result = apply(target, self, args);
      guard(hangUp, self);
      return result;
    },
  });

  // Refused: by a policy that came late. The page's own call will tell it what is wrong with it.
  function started(target, plan, options, newTarget) {
    try {
      return construct(target, [plan.url, options], newTarget);
    } catch {
      its.free(plan.urls);
      return undefined;
    }
  }

  // {url, script, urls}; or {reason}: the worker is started as the page says.
  function planFor(args) {
    const config = ask('workers');
    const answer = config ? reasonAgainst(args) : 'not asked for: see the option `workers`';
    return typeof answer === 'string' ? { reason: answer } : scriptFor(answer, config);
  }

  /** Why it has to be started as it is; if for no reason, {href, module, blob}. */
  function reasonAgainst(args) {
    const href = hrefOf(realm, args[0]);
    if (!href) return 'its address cannot be read';
    const type = peek(args[1], 'type');
    if (type === UNKNOWN) return 'its options cannot be read';
    const blob = blobOf(href);
    const url = new URLNative(href);
    if (attempt(urlOrigin, url) !== originOf(realm)) return 'its script has another origin';
    if (attempt(urlProtocol, url) === 'blob:' && !blob) return 'its script is a Blob from before';
    if (refused === null || policies !== policiesOf(realm)) look();
    if (refused === undefined) return "the page's policy is not known yet";
    if (refused && (refused !== 'blob' || blob)) return refused;
    return { href, module: type === 'module', blob };
  }

  // Better before the page's first worker than at it; for a frame, which may have none, at it.
  const begin = () => guard(() => ask('workers') && refused === null && look());
  if (realm === globalThis) apply(then, settled, [begin]);

  function look() {
    refused = undefined;
    policies = policiesOf(realm);
    const round = policies;
    tryPolicy(realm, its, (result) => {
      if (policies === round) refused = result;
    });
  }

  function scriptFor({ href, module, blob }, config) {
    // The page may take back its URL at once; a module keeps the type by which it is accepted.
    const copy = blob && (module ? its.blobUrl(blob) : its.scriptUrl(blob));
    const script = copy || href;
    const text = `{const PAGETAP=${stringify({ ...config, match: portable(config.match), href, script: module ? '' : script })};${source}}`;
    const ours = its.scriptUrl(text);
    const urls = copy ? [ours, copy] : [ours];
    if (!module) return { url: ours, script, urls };
    // Static imports: run in this order, and their failure is that of the worker's own script.
    const entry = its.scriptUrl(`import ${stringify(ours)};import ${stringify(script)};`);
    return { url: entry, script, urls: copy ? [entry, ours, copy] : [entry, ours] };
  }
}
