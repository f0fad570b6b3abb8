// The collectors: where events go. One is switched at once, since the browser asks for it in the click;
// what it gets is written in a form of its own.

import { MOST } from '../../background/settings.js';
import { ask } from '../ask.js';
import { addressOf, hasQuery } from '../collector.js';
import { askToSend, giveBackData } from '../consent.js';
import { giveBack } from '../site.js';
import { say } from '../words.js';
import { startCollectorForm } from './collector_form.js';
import { collectorRow } from './collector_row.js';

// While somebody looks.
const AGAIN_MS = 2_000;

/** `now()` gives the settings in force, `store(parts)` changes them and gives what is wrong. */
export function startCollectors({ now, store }) {
  const find = (id) => document.getElementById(id);
  const rows = new Map(); // by id
  const form = startCollectorForm({ save, closed });
  let told; // what the background says of them
  let again;

  const originOf = ({ to }) => new URL(to).origin;

  async function put(collectors) {
    const problems = await store({ collectors });
    await look();
    return problems;
  }

  /** Changes one that is there. */
  async function change(collector) {
    const [problem] = await put(now().collectors.map((one) => (one.id === collector.id ? collector : one)));
    if (problem) throw new Error(say(problem.error) || problem.error);
  }

  async function remove(collector) {
    await put(now().collectors.filter(({ id }) => id !== collector.id));
    await giveBack(originOf(collector), now());
    await giveBackData(now().collectors);
    find('collectors-title').focus();
  }

  function edit(collector) {
    if (form.id) form.close();
    const row = rows.get(collector?.id);
    if (row) row.node.append(find('collector'));
    find('collector-add').hidden = !row;
    form.open(collector);
  }

  /** Stores what the form has. The browser is asked first: that has to be in the click. */
  async function save(collector) {
    const { granted, consented } = collector.on ? await askToSend(collector) : { granted: true, consented: true };
    const all = now().collectors;
    const before = all.find(({ id }) => id === collector.id);
    const saved = { ...collector, on: collector.on && consented };
    const problems = await put(before ? all.map((one) => (one === before ? saved : one)) : [...all, saved]);
    const at = before ? all.indexOf(before) : all.length;
    if (problems.length > 0) return problems.map(({ path, error }) => ({ path: path.replace(`collectors.${at}.`, 'collector.'), error }));
    if (before) await giveBack(originOf(before), now());
    await giveBackData(now().collectors);
    if (!consented) rows.get(collector.id)?.fault(say('collectorNoConsent'));
    else if (!granted) rows.get(collector.id)?.fault(say('collectorRefused', addressOf(collector)));
    return [];
  }

  function closed(saved, draft) {
    find('collector-place').append(find('collector'));
    find('collector-add').hidden = false;
    const row = rows.get(draft.id);
    if (row) row.focus();
    else find('collector-add').focus();
    // It may have been asked for to try it.
    if (!saved && URL.canParse(draft.to)) giveBack(originOf(draft), now());
  }

  /** Asks how they stand, and shows it. */
  async function look() {
    clearTimeout(again);
    find('collectors-error').textContent = '';
    if (now().collectors.length > 0 && !document.hidden) {
      try {
        told = (await ask({ ask: 'collectors' })).collectors;
      } catch (error) {
        told = undefined;
        find('collectors-error').textContent = error.message;
      }
      clearTimeout(again);
      again = setTimeout(look, AGAIN_MS);
    }
    show();
  }

  function show() {
    const { collectors } = now();
    for (const [id, { node }] of rows) {
      if (collectors.some((one) => one.id === id)) continue;
      // What is being written stays.
      if (node.contains(find('collector'))) find('collector-place').append(find('collector'));
      node.remove();
      rows.delete(id);
    }
    // In place: a row that is made anew has lost the focus.
    for (const collector of collectors) {
      if (!rows.has(collector.id)) {
        rows.set(collector.id, collectorRow({ change, edit, remove, look }));
        find('collectors').append(rows.get(collector.id).node);
      }
      rows.get(collector.id).show(collector, told?.find(({ id }) => id === collector.id));
    }
    find('collectors-none').hidden = collectors.length > 0;
    find('collector-add').disabled = collectors.length >= MOST.collectors;
    find('export-headers-row').hidden = !collectors.some((one) => Object.keys(one.headers).length > 0 || hasQuery(one));
  }

  find('collector-add').addEventListener('click', () => edit());
  document.addEventListener('visibilitychange', () => look());

  return { show: look };
}
