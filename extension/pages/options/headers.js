// Rows of headers. A value that was saved is not shown again; it stays until another one is written.

import { element } from '../../../www/dom/element.js';
import { checked } from '../../../src/web/export/options.js';
import { say } from '../words.js';

/** `add` is the button that adds a row to `place`. */
export function startHeaders({ place, add }) {
  const kept = new WeakMap(); // the value that a row had

  function row([name, value]) {
    const input = (part, more) => element('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', 'data-part': part, ...more });
    const field = (part, more) => element('div', { class: `field ${part}` }, element('label', {}, say(`header_${part}`)), input(part, more));
    const node = element('li', {}, field('name'), field('value', value !== undefined && { placeholder: say('headerKept') }),
      element('p', { class: 'error', role: 'alert' }),
      element('button', { type: 'button', class: 'quiet small', onclick: () => remove(node) }, say('headerRemove')));
    node.querySelector('[data-part=name]').value = name;
    if (value !== undefined) kept.set(node, value);
    return node;
  }

  function remove(node) {
    const next = node.nextElementSibling ?? node.previousElementSibling;
    node.remove();
    number();
    (next?.querySelector('input') ?? add).focus();
  }

  function number() {
    for (const [at, node] of [...place.children].entries()) {
      node.querySelector('.error').id = `collector.headers.${at}-error`;
      for (const input of node.querySelectorAll('input')) {
        input.id = `collector.headers.${at}.${input.dataset.part}`;
        input.setAttribute('aria-describedby', `collector.headers.${at}-error`);
        input.previousElementSibling.htmlFor = input.id;
      }
    }
  }

  add.addEventListener('click', () => {
    place.append(row(['', undefined]));
    number();
    place.lastElementChild.querySelector('input').focus();
  });

  return {
    show(headers) {
      place.replaceChildren(...Object.entries(headers).map(row));
      number();
    },
    /** `{headers, problems}`: the values that were kept among them. */
    read() {
      const headers = {};
      const problems = [];
      const names = new Set();
      for (const [at, node] of [...place.children].entries()) {
        const [name, written] = [...node.querySelectorAll('input')].map(({ value }) => value.trim());
        const value = written || kept.get(node);
        if (!name && value === undefined) continue;
        const error = problemOf(name, value ?? '', names);
        if (error) problems.push({ path: `collector.headers.${at}.name`, error });
        names.add(name.toLowerCase());
        headers[name] = value ?? '';
      }
      return { headers, problems };
    },
  };
}

function problemOf(name, value, names) {
  if (names.has(name.toLowerCase())) return 'error_header_twice';
  try {
    checked({ to: 'http://127.0.0.1', headers: { [name]: value } });
    return undefined;
  } catch {
    return 'error_not_a_header';
  }
}
