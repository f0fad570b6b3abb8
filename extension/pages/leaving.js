// Whether anything leaves this machine, in one line: nobody must be unsure of it.

import { element } from '../../www/dom/element.js';
import { CHANGES } from '../background/settings.js';
import { ask } from './ask.js';
import { addressOf, because, conditionOf, contentOf, tell, whyOf } from './collector.js';
import { say } from './words.js';

// While somebody looks, and events are sent.
const AGAIN_MS = 3_000;

/** Says it in `place`, and goes on saying it. */
export function startLeaving(place) {
  let again;
  let asked = 0;

  async function look() {
    clearTimeout(again);
    if (document.hidden) return;
    const mine = (asked += 1);
    const found = await lines().catch((error) => [['unknown', [say('leavesUnknown', error.message)]]]);
    // Whoever asked later knows better.
    if (mine !== asked) return;
    show(found);
    if (found.some(([how]) => how !== 'nothing')) again = setTimeout(look, AGAIN_MS);
  }

  function show(found) {
    while (place.children.length > found.length) place.lastElementChild.remove();
    for (const [at, [how, nodes]] of found.entries()) {
      if (!place.children[at]) place.append(element('span'));
      place.children[at].dataset.how = how;
      tell(place.children[at], nodes);
    }
  }

  document.addEventListener('visibilitychange', look);
  new BroadcastChannel(CHANGES).addEventListener('message', look);
  look();
}

/** `[condition, nodes]` for each collector that is on, or one line that there is none. */
async function lines() {
  const { settings } = await ask({ ask: 'settings' });
  const on = settings.collectors.filter((collector) => collector.on);
  if (on.length === 0) return [['nothing', [say('leavesNothing')]]];
  const { collectors } = await ask({ ask: 'collectors' });
  return on.map((collector) => {
    const told = collectors.find(({ id }) => id === collector.id);
    const how = conditionOf(collector, told);
    return [how, because(sentence(how, collector), whyOf(told))];
  });
}

function sentence(how, collector) {
  const address = addressOf(collector);
  if (how === 'sending' || how === 'starting') {
    const content = contentOf(collector);
    return content ? say('leavesWith', address, content) : say('leavesTo', address);
  }
  if (how === 'waiting') return say('leavesWaits', address);
  // One signal may be refused and another taken; and what is refused has left, too.
  if (how === 'blocked') return say('leavesBlocked', address);
  return [say('leavesNot', address), say(`export_${how}`)].filter(Boolean).join(say('wordColon'));
}
