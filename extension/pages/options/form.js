// The form of the settings: filled from them, read back as they would be stored, and each problem
// shown at its field.

import { element } from '../../../www/dom/element.js';
import { LARGEST } from '../../background/settings.js';
import { say, number } from '../words.js';
import { startRules } from './rules.js';

const MIB = 2 ** 20;

/** How a limit is written in its field, and read. */
const UNIT = { recordedBytes: MIB };

export function startForm({ edited }) {
  const find = (id) => document.getElementById(id);
  const rules = startRules({ edited });

  for (const [name, most] of Object.entries(LARGEST)) {
    const unit = UNIT[name] ?? 1;
    const id = `limits.${name}`;
    find('limits').append(element('div', { class: 'field' },
      element('label', { for: id }, say(`limit_${name}`)),
      element('input', { id, type: 'text', inputmode: 'numeric', autocomplete: 'off', 'aria-describedby': `${id}-hint ${id}-error` }),
      element('p', { class: 'muted', id: `${id}-hint` }, say('limitRange', number(most / unit))),
      element('p', { class: 'error', id: `${id}-error`, role: 'alert' })));
  }
  find('form').addEventListener('input', ({ target }) => {
    // What one tries a rule on is no setting.
    if (target.id !== 'trial') edited();
  });

  function clearProblems() {
    for (const node of find('form').querySelectorAll('[aria-invalid]')) node.removeAttribute('aria-invalid');
    for (const node of find('form').querySelectorAll('.error')) node.textContent = '';
  }

  return {
    show({ layers, redaction, limits }) {
      clearProblems();
      for (const name of Object.keys(layers)) find(`layers.${name}`).checked = layers[name];
      for (const name of Object.keys(LARGEST)) find(`limits.${name}`).value = String(limits[name] / (UNIT[name] ?? 1));
      rules.show(redaction);
    },
    read() {
      const limits = {};
      for (const name of Object.keys(LARGEST)) limits[name] = readNumber(find(`limits.${name}`).value, UNIT[name] ?? 1);
      return {
        layers: { hooks: find('layers.hooks').checked, raw: find('layers.raw').checked },
        redaction: rules.read(),
        limits,
      };
    },
    showProblems(problems) {
      clearProblems();
      for (const { path, error } of problems) {
        // A rule is wrong as a whole: its pattern is where to look.
        const at = find(path) ? path : `${path}.pattern`;
        find(at)?.setAttribute('aria-invalid', 'true');
        const place = find(`${at}-error`) ?? find('redaction-error');
        place.textContent = say(error) || String(error);
      }
    },
    focusProblem: () => find('form').querySelector('[aria-invalid]')?.focus(),
  };
}

/** What is no number stays as it was typed: the check says so. */
function readNumber(text, unit) {
  const typed = text.trim().replace(/[\s,_]/g, '');
  return /^-?\d+(\.\d+)?$/.test(typed) ? Number(typed) * unit : text;
}
