// Sending from the demo page: a switch, what content may go, which way works and why another does not, what
// would be sent and what has arrived. Of the tap it uses what any page may, __claudeHooks.export().

import { element } from '../dom/element.js';
import { lines } from './lines.js';
import { request } from './request.js';
import { ways } from './ways.js';

/** Where each format goes, at the collector beside the page. */
const PATHS = { 'otlp-json': '', otlp: '', hooks: '/hooks', ndjson: '/events' };
/** How often the counts are read, while something is sent. */
const READ_MS = 300;

export async function startExport() {
  const find = (id) => document.getElementById(`export-${id}`);
  const [form, to, format, relay, said] = ['form', 'to', 'format', 'relay', 'said'].map(find);
  const shown = lines(find('lines'), find('count'));
  const promise = document.getElementById('leaves');
  const kept = promise.textContent;
  let mode = 'off';
  let running = null;
  let reading = null;
  let barrier = null;

  const { origin } = await (await fetch('/collector')).json();
  to.value = origin + PATHS[format.value];

  const arrivals = new EventSource('/collector/arrived');
  arrivals.onmessage = ({ data }) => mode === 'on' && shown.add(element('li', {}, data));

  function begin() {
    end();
    shown.clear();
    find('shown').textContent = mode === 'dry' ? 'Would be sent' : `Arrived at ${origin}`;
    promise.textContent = mode === 'on' ? `Events go to ${to.value}.` : kept;
    if (mode === 'off') return read();
    const include = [...form.querySelectorAll('[name=include]:checked')].map(({ value }) => value);
    try {
      if (!window.__claudeHooks?.export) throw new Error('there is no tap that exports: the script and the full bookmarklet do');
      running = window.__claudeHooks.export({
        to: to.value, format: format.value, include,
        dryRun: mode === 'dry' && ((would) => shown.add(request(would))),
      });
      reading = setInterval(read, READ_MS);
    } catch (error) {
      said.textContent = error.message;
      return show('off');
    }
    read();
  }

  function end() {
    clearInterval(reading);
    // What it has not sent yet it sends, or the next one does.
    void running?.stop();
    running = null;
    barrier = null;
  }

  function show(next) {
    mode = next;
    for (const button of form.querySelectorAll('[data-export]')) button.setAttribute('aria-pressed', String(button.dataset.export === mode));
    find('state').textContent = { off: 'off', dry: 'dry run', on: 'on' }[mode];
    if (mode !== 'on') promise.textContent = kept;
  }

  function read() {
    const stats = running?.stats();
    const { direct, window: way, isClosed } = ways(stats, mode, barrier);
    if (isClosed) barrier = direct;
    find('direct').textContent = direct;
    find('window').textContent = way;
    relay.hidden = !isClosed;
    said.textContent = stats && mode === 'on' ? `${stats.acknowledged} acknowledged, ${stats.pending} waiting` : '';
  }

  for (const button of form.querySelectorAll('[data-export]')) {
    button.addEventListener('click', () => {
      show(button.dataset.export);
      begin();
    });
  }
  format.addEventListener('change', () => {
    if (to.value.startsWith(origin)) to.value = origin + PATHS[format.value];
  });
  form.addEventListener('change', () => mode !== 'off' && begin());
  form.addEventListener('submit', (event) => event.preventDefault());
  // Why it did not open is in the list of ways.
  relay.addEventListener('click', () => running?.openRelay().then(read, read));
  read();
}
