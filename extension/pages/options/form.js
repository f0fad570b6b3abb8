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

  // The parts of the settings that stand in the form.
  const PARTS = {
    layers: {
      show(layers) {
        for (const name of Object.keys(layers)) find(`layers.${name}`).checked = layers[name];
      },
      read: () => ({ hooks: find('layers.hooks').checked, raw: find('layers.raw').checked }),
    },
    redaction: rules,
    limits: {
      show(limits) {
        for (const name of Object.keys(LARGEST)) find(`limits.${name}`).value = String(limits[name] / (UNIT[name] ?? 1));
      },
      read: () => Object.fromEntries(Object.keys(LARGEST).map((name) => [name, readNumber(find(`limits.${name}`).value, UNIT[name] ?? 1)])),
    },
  };
  const shown = {}; // what each part was filled from
  const isEdited = (name) => !isSame(PARTS[name].read(), shown[name]);

  function fill(name, settings) {
    shown[name] = settings[name];
    PARTS[name].show(settings[name]);
  }

  return {
    show(settings) {
      clearProblems();
      for (const name of Object.keys(PARTS)) fill(name, settings);
    },
    /** Shows what has changed meanwhile, but for the parts that the person is changing here. */
    refresh(settings) {
      for (const name of Object.keys(PARTS)) if (!isSame(settings[name], shown[name]) && !isEdited(name)) fill(name, settings);
    },
    /** The parts that the person has changed, as they stand there. */
    changed: () => Object.fromEntries(Object.keys(PARTS).filter(isEdited).map((name) => [name, PARTS[name].read()])),
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

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** What is no number stays as it was typed: the check says so. */
function readNumber(text, unit) {
  const typed = text.trim().replace(/[\s,_]/g, '');
  return /^-?\d+(\.\d+)?$/.test(typed) ? Number(typed) * unit : text;
}
