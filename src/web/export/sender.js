// One batch on its way: made into a request, posted, and, if nothing answers, asked why. In a dry run it is shown
// and goes nowhere.

import { post } from './post.js';
import { SHOWN } from './preview.js';
import { shown } from './requests.js';

/** Requests without an answer, if there never was one, after which it is no accident. */
const OFTEN = 3;
const DIAGNOSE_AGAIN_MS = 30_000;

/** `requestOf`: see requests.js. `counts.sent` is counted here. */
export function sender({ options: { dryRun }, platform: { now, timer, Abort, send: direct }, route, requestOf, counts }) {
  let diagnosed = null;
  let answered = false;
  let unanswered = 0;
  const dry = [];

  function tryOut(request) {
    const seen = shown(request);
    dry.push(seen);
    dry.splice(0, dry.length - SHOWN);
    try {
      if (typeof dryRun === 'function') dryRun(seen);
    } catch {
      // Its own affair.
    }
    return { kind: 'accepted', status: null, error: null, rejected: 0 };
  }

  return {
    dry,

    /** Resolves with the outcome, see post.js and drain.js. */
    async send({ config, signal, rows }) {
      let request;
      try {
        request = requestOf(config, signal, rows);
      } catch (error) {
        return { kind: 'refused', status: null, error: `it could not be encoded: ${error?.message ?? error}` };
      }
      counts.sent += rows.length;
      if (dryRun) return tryOut(request);
      const way = route.name;
      const outcome = await post(request, { send: (...given) => route.send(...given), now, timer, Abort });
      if (outcome.kind !== 'unreachable') {
        answered = true;
        unanswered = 0;
        return outcome;
      }
      unanswered++;
      if (route.closed || !diagnosed || unanswered <= OFTEN || now() - diagnosed.at > DIAGNOSE_AGAIN_MS) {
        diagnosed = { at: now(), ...(await route.diagnose(!answered && unanswered >= OFTEN)) };
      }
      // The relay was opened meanwhile: what stood in the other way is no matter.
      if (way === 'direct' && route.name === 'relay') return { kind: 'later', status: null, error: 'there is a relay now', after: 0 };
      return { ...outcome, error: `${diagnosed.why} (${outcome.error})`, blocked: diagnosed.blocked };
    },

    /** The same when the page is left: the request outlives it. */
    sendLast(request, count) {
      counts.sent += count;
      return post(request, { send: direct, now, timer, Abort, keepalive: true });
    },
  };
}
