// What one can do with a collector before events go there: one small request, or a look at what would go.

import { element } from '../../../www/dom/element.js';
import { ask } from '../ask.js';
import { bareOf, because, hasQuery, tell } from '../collector.js';
import { askToSend } from '../consent.js';
import { number, say } from '../words.js';
import { askUnencrypted, unencrypted } from './unencrypted.js';

/** The most of a request's text that is shown. */
const SHOWN = 20_000;
const COVERED = '••••••••';

/** Two `buttons`, and the `results`. `read()` gives the collector, or undefined if it is not ready. */
export function attempts({ read }) {
  const said = element('p', { class: 'attempted', role: 'status' });
  const requests = element('ol', { class: 'requests' });
  const question = element('div');
  let asked = 0;

  /** Does `what` with the collector, and shows what comes of the last click. */
  async function run(what, collector) {
    const mine = (asked += 1);
    requests.replaceChildren();
    tell(said, [say('tryRuns')]);
    const [sentence, list = []] = await what(collector).catch((error) => [[error.message]]);
    if (mine !== asked) return;
    tell(said, sentence);
    requests.replaceChildren(...list);
  }

  /** `leaving(collector)`: what it has go that others could read on the way is asked about first. */
  function button(words, what, leaving) {
    const node = element('button', { type: 'button', class: 'small', onclick: () => {
      question.replaceChildren();
      const collector = read();
      if (!collector) return undefined;
      const goes = leaving?.(collector);
      if (!goes || !unencrypted(goes)) return run(what, collector);
      const back = (then) => () => {
        node.focus();
        return then?.();
      };
      return askUnencrypted(question, goes, { go: back(() => run(what, collector)), cancel: back() });
    } }, say(words));
    return node;
  }

  return {
    // No content goes with it, but headers do.
    buttons: [button('tryOne', tryOne, (collector) => ({ ...collector, include: [] })), button('tryPreview', preview)],
    results: [question, said, requests],
    clear() {
      asked += 1;
      question.replaceChildren();
      said.replaceChildren();
      requests.replaceChildren();
    },
  };
}

async function tryOne(collector) {
  const { granted } = await askToSend(collector, { data: false });
  const { accepted, reached, status, why } = await ask({ do: 'try', collector });
  const sentence = outcome(accepted, reached, status);
  // An answer speaks for itself.
  const nodes = because(sentence, accepted ? '' : String(why ?? ''));
  return [granted ? nodes : [...nodes, ' ', say('tryWithout')]];
}

function outcome(accepted, reached, status) {
  if (accepted) return say('tryAccepted');
  if (!status) return say(reached ? 'tryElsewhere' : 'tryNothing');
  if ([401, 403].includes(status)) return say('tryDenied', status);
  if ([404, 410].includes(status)) return say('tryNowhere', status);
  if ([400, 405, 406, 415, 422].includes(status)) return say('tryFormat', status);
  if ([429, 503].includes(status)) return say('tryBusy', status);
  return say('tryStatus', status);
}

async function preview(collector) {
  const { requests, more, events } = await ask({ ask: 'preview', collector });
  if (requests.length === 0) return [[say('previewNone')]];
  const own = Object.keys(collector.headers).map((name) => name.toLowerCase());
  const list = requests.map(({ url, method, headers, text }) => element('li', {},
    element('p', {}, element('code', {}, `${method} ${bareOf(url)}${hasQuery({ to: url }) ? `?${COVERED}` : ''}`)),
    element('ul', {}, ...Object.entries(headers).map(([name, value]) =>
      element('li', {}, element('code', {}, `${name}: ${own.includes(name.toLowerCase()) ? COVERED : value}`)))),
    text === null ? element('p', {}, say('previewBinary')) : element('pre', { tabindex: '0', role: 'region', 'aria-label': say('previewText') }, readable(text))));
  return [[say(more ? 'previewWouldMore' : 'previewWould', number(requests.length), number(events))], list];
}

/** JSON on lines of its own; the rest as it is. */
function readable(text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Several values, a line each.
  }
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}\n${say('previewMore', number(shown.length - SHOWN))}` : shown;
}
