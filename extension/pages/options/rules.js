// Rows of redaction rules, and a text to try them on.

import { element } from '../../../www/dom/element.js';
import { checked } from '../../background/settings.js';
import { say } from '../words.js';
import { attempt as tryOn } from './trying.js';

const PARTS = ['pattern', 'flags', 'with'];

export function startRules({ edited }) {
  const find = (id) => document.getElementById(id);
  const place = find('rules');

  function row(rule) {
    const fields = PARTS.map((part) => element('div', { class: `field ${part}` },
      element('label', {}, say(`rule_${part}`)),
      element('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', 'data-part': part }),
      element('p', { class: 'error', role: 'alert' })));
    const node = element('li', {}, ...fields);
    for (const [at, part] of PARTS.entries()) fields[at].querySelector('input').value = rule[part];
    node.append(element('button', { type: 'button', class: 'quiet small', onclick: () => remove(node) }, say('ruleRemove')));
    return node;
  }

  function remove(node) {
    const next = node.nextElementSibling ?? node.previousElementSibling;
    node.remove();
    number();
    (next?.querySelector('input') ?? find('rule-add')).focus();
    edited();
    attempt();
  }

  /** Names the fields as the settings do: problems find them. */
  function number() {
    for (const [at, node] of [...place.children].entries()) {
      for (const input of node.querySelectorAll('input')) {
        const path = `redaction.${at}.${input.dataset.part}`;
        const field = input.parentElement;
        input.id = path;
        input.setAttribute('aria-describedby', `${path}-error`);
        field.querySelector('label').htmlFor = path;
        field.querySelector('.error').id = `${path}-error`;
      }
    }
  }

  const read = () => [...place.children].map((node) => Object.fromEntries(
    [...node.querySelectorAll('input')].map((input) => [input.dataset.part, input.value])));

  async function attempt() {
    // As the background does it; a rule that is not finished yet does nothing.
    const { redaction } = checked({ version: 1, redaction: read() }).settings;
    const result = await tryOn(redaction, find('trial').value);
    if (result) find('trial-result').textContent = result.slow ? say('error_too_slow') : result.text;
  }

  find('rule-add').addEventListener('click', () => {
    place.append(row({ pattern: '', flags: '', with: '***' }));
    number();
    place.lastElementChild.querySelector('input').focus();
    edited();
  });
  place.addEventListener('input', attempt);
  find('trial').addEventListener('input', attempt);
  find('trial').addEventListener('focus', attempt);
  find('trial').value = say('redactionSample');

  return {
    show(rules) {
      place.replaceChildren(...rules.map(row));
      number();
      // Not tried before somebody asks for it: what is stored must not be in the way of its own editor.
      find('trial-result').textContent = '';
    },
    read,
  };
}
