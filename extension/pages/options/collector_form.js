// The form of one collector: new, or one that is there. Each problem stands at its field.

import { element } from '../../../www/dom/element.js';
import { checked } from '../../../src/web/export/options.js';
import { bareOf, hasQuery } from '../collector.js';
import { say } from '../words.js';
import { attempts } from './attempts.js';
import { startHeaders } from './headers.js';
import { askUnencrypted, unencrypted } from './unencrypted.js';

export const FORMATS = ['otlp', 'otlp-json', 'hooks', 'ndjson'];
const NAMES = ['genai-1.41', 'genai-dev'];
const SIGNALS = ['traces', 'logs', 'metrics'];
const CLASSES = ['prompts', 'answers', 'thinking', 'toolInputs', 'toolResults'];
const NEW = { on: false, to: '', format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], headers: {} };

/** What people have, and what it wants. */
const EXAMPLES = [
  ['exampleOpenTelemetry', { to: 'http://127.0.0.1:4318', format: 'otlp', signals: ['traces', 'logs'] }],
  ['exampleMlflow', { to: 'http://127.0.0.1:5000', format: 'otlp', signals: ['traces'], headers: { 'x-mlflow-experiment-id': '0' } }],
  ['examplePhoenix', { to: 'http://127.0.0.1:6006', format: 'otlp', signals: ['traces'] }],
  ['exampleOwn', { to: 'http://127.0.0.1:8080/events', format: 'ndjson' }],
];

/** How the settings' names are written in keys of _locales. */
export const keyOf = (name) => name.replace(/\W/g, '_');

/** `save(collector)` stores it, or gives the problems; `closed(saved)` follows. */
export function startCollectorForm({ save, closed }) {
  const find = (id) => document.getElementById(id);
  const form = find('collector');
  const headers = startHeaders({ place: find('collector-headers'), add: find('header-add') });
  const tried = attempts({ read: ready });
  let edited = NEW;

  for (const [name, all, about] of [['signals', SIGNALS], ['include', CLASSES, 'About']]) {
    find(`collector.${name}`).append(...all.map((value) => element('label', { class: 'toggle row' },
      element('input', { type: 'checkbox', role: 'switch', autocomplete: 'off', value, 'aria-describedby': `collector.${name}-error` }),
      element('span', {}, element('b', {}, say(`${name === 'include' ? 'class' : 'signal'}_${value}`)), ' ',
        about ? element('small', {}, say(`class_${value}${about}`)) : null))));
  }
  for (const [name, all] of [['format', FORMATS], ['names', NAMES]]) {
    find(`collector.${name}`).append(...all.map((value) => element('option', { value }, say(`${name}_${keyOf(value)}`))));
  }
  find('collector-examples').append(...EXAMPLES.map(([words, given]) =>
    element('button', { type: 'button', class: 'small quiet', onclick: () => {
      fill({ ...read().collector, ...given });
      find('collector.to').focus();
    } }, say(words))));
  find('collector-attempts').append(element('div', { class: 'buttons' }, ...tried.buttons), ...tried.results);
  find('collector.format').addEventListener('change', showFormat);

  const boxes = (name) => [...find(`collector.${name}`).querySelectorAll('input')];
  const chosen = (name) => boxes(name).filter((box) => box.checked).map(({ value }) => value);

  function fill(collector) {
    find('collector.to').value = collector.to && bareOf(collector.to);
    for (const name of ['format', 'names']) find(`collector.${name}`).value = collector[name];
    for (const name of ['signals', 'include']) for (const box of boxes(name)) box.checked = collector[name].includes(box.value);
    headers.show(collector.headers);
    showFormat();
  }

  /** What OpenTelemetry alone has is there for it alone. */
  function showFormat() {
    const format = find('collector.format').value;
    find('collector-otlp').hidden = !format.startsWith('otlp');
    find('collector.format-about').textContent = say(`formatAbout_${keyOf(format)}`);
  }

  /** `{collector, problems}` of what stands there. */
  function read() {
    const { headers: given, problems } = headers.read();
    const collector = { ...edited, to: addressIn(find('collector.to').value, edited), format: find('collector.format').value, names: find('collector.names').value, signals: chosen('signals'), include: chosen('include'), headers: given };
    const error = addressError(collector.to);
    if (error) problems.unshift({ path: 'collector.to', error });
    if (collector.format.startsWith('otlp') && collector.signals.length === 0) problems.push({ path: 'collector.signals', error: 'error_no_signals' });
    // What is not shown must not be in the way.
    else if (collector.signals.length === 0) collector.signals = NEW.signals;
    return { collector: error ? collector : { ...collector, to: checked({ to: collector.to }).to }, problems };
  }

  /** The same if nothing is wrong with it; else what is wrong is shown. */
  function ready() {
    const { collector, problems } = read();
    showProblems(problems);
    return problems.length > 0 ? undefined : collector;
  }

  function showProblems(problems) {
    for (const node of form.querySelectorAll('[aria-invalid]')) node.removeAttribute('aria-invalid');
    for (const node of form.querySelectorAll('.error')) node.textContent = '';
    find('collector-question').replaceChildren();
    for (const { path, error } of problems) {
      const field = find(path);
      const place = find(`${path.replace(/\.name$/, '')}-error`) ?? find('collector-error');
      (field?.matches('input, select') ? field : boxOf(field))?.setAttribute('aria-invalid', 'true');
      place.textContent = say(error) || String(error);
    }
    form.querySelector('[aria-invalid]')?.focus();
  }
  const boxOf = (field) => field?.querySelector('input');

  async function submit(on) {
    const collector = ready();
    if (!collector) return;
    const next = { ...collector, on };
    if (on && unencrypted(next)) askUnencrypted(find('collector-question'), next, { go: () => store(next), cancel: () => find('collector.to').focus() });
    else await store(next);
  }

  async function store(collector) {
    try {
      const problems = await save(collector);
      if (problems.length > 0) return showProblems(problems);
      close(collector);
    } catch (error) {
      showProblems([]);
      find('collector-error').textContent = error.message;
    }
  }

  function close(saved) {
    const draft = read().collector;
    form.hidden = true;
    fill(NEW);
    tried.clear();
    closed(saved, draft);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(true);
  });
  find('collector-save').addEventListener('click', () => submit(false));
  find('collector-cancel').addEventListener('click', () => close(undefined));

  return {
    /** `collector`: one that is there, or undefined for a new one. */
    open(collector) {
      edited = collector ?? { ...NEW, id: newId() };
      tried.clear();
      showProblems([]);
      fill(edited);
      find('collector-query-kept').hidden = !(edited.to && hasQuery(edited));
      find('collector-title').textContent = say(collector ? 'collectorEdit' : 'collectorsAdd');
      find('collector-save-on').textContent = say(edited.on ? 'optionsSave' : 'collectorSaveOn');
      // One that is on is turned off by its switch.
      find('collector-save').hidden = edited.on;
      form.hidden = false;
      find('collector.to').focus();
    },
    close: () => close(undefined),
    /** The id of the one that is in it, if it is open. */
    get id() {
      return form.hidden ? undefined : edited.id;
    },
  };
}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, '0')).join('');

function addressIn(text, edited) {
  const to = wholeAddress(text.trim());
  if (!URL.canParse(to)) return to;
  // The query that was saved is not shown: it stays with its machine until another one is written, or none.
  if (edited.to && !text.includes('?') && new URL(to).origin === new URL(edited.to).origin) return withQuery(to, new URL(edited.to).search);
  return to.endsWith('?') ? to.slice(0, -1) : to;
}

function withQuery(to, search) {
  const url = new URL(to);
  url.search = search;
  return url.href;
}

/** Addresses are rarely typed in full; a machine of one's own has no certificate. */
function wholeAddress(typed) {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) || typed === '') return typed;
  return `${/^(localhost|127\.|\[::1\])/i.test(typed) ? 'http' : 'https'}://${typed}`;
}

function addressError(to) {
  try {
    checked({ to });
    return undefined;
  } catch {
    return URL.canParse(to) && new URL(to).username + new URL(to).password ? 'error_address_with_user' : 'error_not_a_collector_address';
  }
}
