// What others could read on its way to a collector, and the question whether it is to go all the same.

import { element } from '../../../www/dom/element.js';
import { isLoopback } from '../../../src/web/export/route.js';
import { addressOf, contentOf, hasQuery } from '../collector.js';
import { say } from '../words.js';

/** What goes by plain http to another machine, in words, or ''. */
export function unencrypted(collector) {
  const { protocol, hostname } = new URL(collector.to);
  if (protocol === 'https:' || isLoopback(hostname)) return '';
  const headers = Object.keys(collector.headers).length > 0 ? say('collectorHeaders') : '';
  const query = hasQuery(collector) ? say('collectorQuery') : '';
  return [contentOf(collector), headers, query].filter(Boolean).join(say('wordComma'));
}

let asked = 0;

/** Asks in `place`; `go` is called in the click that says yes, `cancel` when it says no. */
export function askUnencrypted(place, collector, { go, cancel = () => {} }) {
  const about = `unencrypted-${(asked += 1)}`;
  const end = (then) => () => {
    place.replaceChildren();
    then();
  };
  const group = element('div', { class: 'question', role: 'group', 'aria-labelledby': about, tabindex: '-1' },
    element('p', { id: about }, say('collectorPlain', addressOf(collector), unencrypted(collector))),
    element('div', { class: 'buttons' },
      element('button', { type: 'button', class: 'quiet', onclick: end(cancel) }, say('collectorPlainCancel')),
      element('button', { type: 'button', onclick: end(go) }, say('collectorPlainGo'))));
  place.replaceChildren(group);
  group.focus();
}
