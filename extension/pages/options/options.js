// The options. Sites are switched at once, since the browser asks for each; the rest is a form,
// checked as the background will check it, and saved as a whole.

import { CHANGES, checked } from '../../background/settings.js';
import { ask } from '../ask.js';
import { bareOf } from '../collector.js';
import { startLeaving } from '../leaving.js';
import { saveSettings } from '../save.js';
import { say, sayPage } from '../words.js';
import { startCollectors } from './collectors.js';
import { startForm } from './form.js';
import { startImport } from './import.js';
import { written } from './problem.js';
import { startRecordings } from './recordings.js';
import { startSites } from './sites.js';
import { startTools } from './tools.js';
import { slowRules } from './trying.js';

sayPage();
const find = (id) => document.getElementById(id);
let settings; // as they are in force

const form = startForm({ edited: showEdited });
const sites = startSites({ now: () => settings, changed: load });
const collectors = startCollectors({ now: () => settings, store });
startLeaving(find('leaving'));

/** Changes these parts. Gives the problems that the background found. */
async function store(parts) {
  const answer = await ask({ do: 'settings', settings: parts });
  settings = answer.settings;
  return answer.problems ?? [];
}

/** Reads what is in force; the form keeps what the person is typing. */
async function load() {
  const answer = await ask({ ask: 'settings' });
  settings = answer.settings;
  await sites.show();
  await collectors.show();
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

find('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const parts = form.changed();
  let { problems } = checked({ version: 1, ...parts });
  try {
    find('saved').textContent = say('optionsTrying');
    if (problems.length === 0 && parts.redaction) problems = await slowRules(parts.redaction, settings.redaction);
    if (problems.length === 0) problems = await store(parts);
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

find('export').addEventListener('click', () => {
  const bare = settings.collectors.map((collector) => ({ ...collector, to: bareOf(collector.to), headers: {} }));
  saveSettings(find('export-headers').checked ? settings : { ...settings, collectors: bare });
});

startImport({ now: () => settings, store, imported });

async function imported() {
  form.show(settings);
  showSaved('');
  await sites.show();
  await collectors.show();
}

new BroadcastChannel(CHANGES).addEventListener('message', async () => {
  try {
    await load();
    form.refresh(settings);
  } catch (error) {
    showFault(error);
  }
});

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
