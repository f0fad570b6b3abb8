// The options. Sites are switched at once, since the browser asks for each; the rest is a form,
// checked as the background will check it, and saved as a whole.

import { element } from '../../../www/dom/element.js';
import { checked } from '../../background/settings.js';
import { ask } from '../ask.js';
import { saveSettings } from '../save.js';
import { say, sayPage } from '../words.js';
import { startForm } from './form.js';
import { startRecordings } from './recordings.js';
import { startSites } from './sites.js';
import { startTools } from './tools.js';
import { slowRules } from './trying.js';

sayPage();
const find = (id) => document.getElementById(id);
let settings; // as they are in force

const form = startForm({ edited: showEdited });
const sites = startSites({ now: () => settings, changed: load, store });

/** Gives the problems that the background found. */
async function store(next) {
  const answer = await ask({ do: 'settings', settings: next });
  settings = answer.settings;
  return answer.problems ?? [];
}

/** Reads what is in force; the form keeps what the person is typing. */
async function load() {
  const answer = await ask({ ask: 'settings' });
  settings = answer.settings;
  await sites.show();
  return answer.problems ?? [];
}

function showEdited() {
  find('saved').textContent = say('optionsEdited');
  document.body.classList.add('edited');
}

function showSaved(text) {
  find('saved').textContent = text;
  document.body.classList.remove('edited');
}

function showFault(error) {
  find('problems').hidden = false;
  find('problems-about').textContent = error.message;
  find('problems-list').replaceChildren();
}

const written = ({ path, error }) => element('li', {}, element('code', {}, path || 'settings'), ' ', say(error) || String(error));

find('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const draft = { ...settings, ...form.read() };
  let { problems } = checked(draft);
  try {
    find('saved').textContent = say('optionsTrying');
    if (problems.length === 0) problems = await slowRules(draft.redaction, settings.redaction);
    if (problems.length === 0) problems = await store(draft);
  } catch (error) {
    return showSaved(error.message);
  }
  form.showProblems(problems);
  if (problems.length > 0) {
    find('saved').textContent = say('optionsWrong');
    form.focusProblem();
    return;
  }
  form.show(settings);
  find('problems').hidden = true;
  showSaved(say('optionsSaved'));
});

find('discard').addEventListener('click', () => {
  form.show(settings);
  showSaved('');
});

find('export').addEventListener('click', () => saveSettings(settings));

find('import').addEventListener('change', async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  find('import-said').textContent = '';
  find('import-error').replaceChildren();
  try {
    const problems = await importFrom(await file.text());
    if (problems.length > 0) {
      find('import-error').append(element('p', {}, say('fileWrong')), element('ul', {}, ...problems.map(written)));
    } else {
      find('import-said').textContent = say('fileImported', file.name);
    }
  } catch (error) {
    find('import-error').append(element('p', {}, error.message));
  }
  target.value = ''; // the same file again is another attempt
});

/** All or nothing. Gives what is wrong. */
async function importFrom(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return [{ path: '', error: 'error_not_json' }];
  }
  const found = checked(given);
  if (found.problems.length === 0) found.problems = await slowRules(found.settings.redaction, settings.redaction);
  if (found.problems.length > 0) return found.problems;
  const problems = await store(found.settings);
  form.show(settings);
  showSaved('');
  await sites.show();
  return problems;
}

async function start() {
  try {
    const problems = await load();
    form.show(settings);
    if (problems.length > 0) {
      find('problems').hidden = false;
      find('problems-about').textContent = say('optionsFellBack');
      find('problems-list').replaceChildren(...problems.map(written));
    }
    await startTools();
    await startRecordings().show();
  } catch (error) {
    showFault(error);
  }
}

start();
