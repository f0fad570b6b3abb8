// One collector in the list: its switch, what it gets, how it stands, and what one can do about it.

import { element } from '../../../www/dom/element.js';
import { ask } from '../ask.js';
import { addressOf, because, conditionOf, contentOf, countsOf, tell, whyOf } from '../collector.js';
import { askToSend } from '../consent.js';
import { say } from '../words.js';
import { attempts } from './attempts.js';
import { keyOf } from './collector_form.js';
import { askUnencrypted, unencrypted } from './unencrypted.js';

/** `change(collector)`, `edit(collector)`, `remove(collector)`, `look()`: what its section does for it. */
export function collectorRow({ change, edit, remove, look }) {
  let collector;
  const box = element('input', { type: 'checkbox', role: 'switch', autocomplete: 'off' });
  const title = element('b');
  const about = element('small');
  const state = element('p', { class: 'collector-state', role: 'status' });
  const counts = element('p', { class: 'muted counts' });
  const fault = element('p', { class: 'error', role: 'alert' });
  const question = element('div');
  const tried = attempts({ read: () => collector });
  const press = (words, what, more = {}) => element('button', { type: 'button', class: 'small', onclick: () => act(what), ...more }, say(words));
  const allow = press('mendPermission', turnOn);
  const again = press('collectorRetry', () => ask({ do: 'retry', id: collector.id }));
  const alter = press('collectorEdit', () => edit(collector));
  const forget = press('collectorRemove', sureToRemove, { class: 'small quiet' });
  const named = [[allow, 'mendPermission'], [again, 'collectorRetry'], [tried.buttons[0], 'tryOne'], [tried.buttons[1], 'tryPreview'], [alter, 'collectorEdit']];
  let sure = false;

  /** Does it, shows why not, and what is then. */
  async function act(what) {
    fault.textContent = '';
    question.replaceChildren();
    try {
      const sentence = await what();
      if (typeof sentence === 'string') fault.textContent = sentence;
    } catch (error) {
      fault.textContent = error.message;
    }
    await look();
  }

  function switched() {
    if (!box.checked) return change({ ...collector, on: false });
    if (!unencrypted(collector)) return turnOn();
    // Not before it is answered.
    box.checked = false;
    askUnencrypted(question, collector, { go: () => act(turnOn), cancel: () => box.focus() });
    return undefined;
  }

  async function turnOn() {
    const { granted, consented } = await askToSend(collector);
    if (!consented) return say('collectorNoConsent');
    await change({ ...collector, on: true });
    return granted ? undefined : say('collectorRefused', addressOf(collector));
  }

  async function sureToRemove() {
    if (sure) return remove(collector);
    sure = true;
    called(forget, 'collectorRemoveSure');
    return undefined;
  }
  forget.addEventListener('blur', () => {
    sure = false;
    called(forget, 'collectorRemove');
  });
  box.addEventListener('change', () => act(switched));

  /** Several have the same words: whoever hears only them must know of which collector they are. */
  function called(button, words) {
    button.textContent = say(words);
    button.setAttribute('aria-label', `${say(words)} ${addressOf(collector)}`);
  }

  /** What would take the focus with it gives it away first. */
  function hide(button, hidden) {
    if (hidden && document.activeElement === button) box.focus();
    button.hidden = hidden;
  }

  return {
    node: element('li', {}, element('label', { class: 'toggle row' }, box, element('span', {}, title, ' ', about)), state, counts,
      element('div', { class: 'buttons' }, allow, again, ...tried.buttons, alter, forget), ...tried.results, question, fault),
    fault(sentence) {
      fault.textContent = sentence;
    },
    focus: () => box.focus(),
    /** `told`: what the background says of it, undefined if that is not known. */
    show(now, told) {
      if (collector && JSON.stringify(collector) !== JSON.stringify(now)) tried.clear();
      collector = now;
      const how = conditionOf(collector, told);
      if (question.childElementCount === 0) box.checked = collector.on;
      title.textContent = addressOf(collector);
      about.textContent = [say(`format_${keyOf(collector.format)}`), contentOf(collector) || say('collectorWithout')].join(say('wordComma'));
      state.dataset.how = how;
      tell(state, because(say(`export_${how}`) || how, whyOf(told)));
      counts.textContent = countsOf(told?.stats);
      hide(allow, !(collector.on && told && (!told.granted || how === 'consent')));
      hide(again, !['waiting', 'blocked'].includes(how));
      for (const [button, words] of named) called(button, words);
      called(forget, sure ? 'collectorRemoveSure' : 'collectorRemove');
    },
  };
}
