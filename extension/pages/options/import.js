// Settings from a file. What it would change is shown first; what it does not name stays.

import { element } from '../../../www/dom/element.js';
import { checked } from '../../background/settings.js';
import { giveBackData } from '../consent.js';
import { giveBack } from '../site.js';
import { say } from '../words.js';
import { changes } from './changes.js';
import { taken } from './taken.js';
import { written } from './problem.js';
import { slowRules } from './trying.js';
import { askUnencrypted, unencrypted } from './unencrypted.js';

const LARGEST_FILE = 1 << 20;

/**
 * `now()` gives the settings in force, `store(parts)` changes them and gives what is wrong, `imported()`
 * shows them.
 */
export function startImport({ now, store, imported }) {
  const find = (id) => document.getElementById(id);
  let name;
  let parts; // of the file that is asked about

  function clear() {
    find('import-said').textContent = '';
    find('import-error').replaceChildren();
    find('import-changes').hidden = true;
    find('import-question').replaceChildren();
    parts = undefined;
  }

  /** Of the buttons nothing is left to be in focus. */
  function end(sentence) {
    clear();
    find('import-said').textContent = sentence;
    find('import-said').focus();
  }

  function showProblems(problems) {
    find('import-error').append(element('p', {}, say('fileWrong')), element('ul', {}, ...problems.map(written)));
  }

  function showChanges() {
    const all = changes(now(), parts);
    if (all.length === 0) return end(say('fileSame', name));
    find('import-list').replaceChildren(...all.map((sentence) => element('li', {}, sentence)));
    find('import-changes').hidden = false;
    find('import-changes').focus();
  }

  /** Asks for each that is on and would have other headers go unencrypted; then applies. */
  function confirm(asked = otherHeaders(now().collectors, parts.collectors ?? [])) {
    const [collector, ...rest] = asked;
    if (!collector) return act(apply);
    const go = () => confirm(rest);
    return askUnencrypted(find('import-question'), collector, { go, cancel: () => find('import-apply').focus() });
  }

  async function apply() {
    const { sites, collectors } = now();
    const problems = await store(parts);
    const before = [...Object.keys(sites), ...collectors.map(({ to }) => new URL(to).origin)];
    // Those that are still needed are kept.
    for (const origin of new Set(before)) await giveBack(origin, now());
    if (collectors.length > 0) await giveBackData(now().collectors);
    await imported();
    end(problems.length > 0 ? '' : say('fileImported', name));
    if (problems.length > 0) showProblems(problems);
  }

  async function act(what) {
    try {
      await what();
    } catch (error) {
      find('import-error').append(element('p', {}, error.message));
    }
  }

  find('import').addEventListener('change', async ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    clear();
    name = file.name;
    await act(async () => {
      const found = await read(file, now());
      if (found.problems) return showProblems(found.problems);
      parts = found.parts;
      showChanges();
    });
    target.value = ''; // the same file again is another attempt
  });
  find('import-apply').addEventListener('click', () => confirm());
  find('import-cancel').addEventListener('click', () => end(say('fileCancelled')));
}

// Of no other part can a collector that is on have more sent by a file (taken.js).
function otherHeaders(before, after) {
  return after.filter((collector) => {
    const here = before.find(({ id }) => id === collector.id);
    return collector.on && unencrypted(collector) && JSON.stringify(collector.headers) !== JSON.stringify(here?.headers);
  });
}

/** `{parts}` that the file names, whole, or the `{problems}` that it has. */
async function read(file, now) {
  if (file.size > LARGEST_FILE) return { problems: [{ path: '', error: 'error_too_large' }] };
  let given;
  try {
    given = JSON.parse(await file.text());
  } catch {
    return { problems: [{ path: '', error: 'error_not_json' }] };
  }
  const { settings, problems } = checked(given);
  if (problems.length > 0) return { problems };
  const parts = {};
  for (const name of Object.keys(settings)) {
    if (name === 'version' || given[name] === undefined) continue;
    // Of a layer or a limit that is not named the check gives the default.
    if (name === 'layers' || name === 'limits') parts[name] = { ...now[name], ...given[name] };
    else if (name === 'collectors') parts[name] = taken(settings[name], now[name]);
    else parts[name] = settings[name];
  }
  const slow = parts.redaction ? await slowRules(parts.redaction, now.redaction) : [];
  return slow.length > 0 ? { problems: slow } : { parts };
}
