// The popup: what the tap does in the tab in front, and the few things one wants to do at once.

import { element } from '../../../www/dom/element.js';
import { describeHook } from '../../../www/live/describe.js';
import { ask } from '../ask.js';
import { browser } from '../browser.js';
import { follow } from '../feed.js';
import { startLeaving } from '../leaving.js';
import { condition, failure, turnOff, turnOn } from '../site.js';
import { activeTab } from '../tab.js';
import { number, say, sayPage, shortNumber } from '../words.js';
import { startRecording } from './recording.js';

const SHOWN = 7;

const find = (id) => document.getElementById(id);
let tabId;
let state = {};
let reloading = false;
let missing = false; // it was reloaded here, and the tap is not in it all the same
let asking = false;
let dirty = false;

// What mends a state: what its button says, and does.
const MENDS = {
  permission: ['mendPermission', () => turnOn(state.origin)],
  reload: ['mendReload', reload],
  missing: ['mendReload', reload],
  failed: ['mendReload', reload],
};

async function reload() {
  reloading = true;
  await browser.tabs.reload(tabId);
}

/** Does what a button is for; shows why not; then looks again. */
async function act(what) {
  find('fault').hidden = true;
  try {
    await what();
  } catch (error) {
    fault(error);
  }
  await look();
}

function fault(error) {
  find('fault').textContent = error.message;
  find('fault').hidden = false;
}

const recording = startRecording({ act, tab: () => tabId, origin: () => state.origin });

/** Asks how things stand; one question at a time, however much happens. */
async function look() {
  dirty = true;
  if (asking) return;
  asking = true;
  try {
    while (dirty) {
      dirty = false;
      state = await ask({ ask: 'state', tabId });
      show();
    }
  } catch (error) {
    fault(error);
  } finally {
    asking = false;
  }
}

function show() {
  let how = condition(state);
  // Whatever browsers let an extension see they show to the one whose button was pressed.
  if (how === 'hidden') how = 'unsupported';
  if (how === 'reload' && missing) how = 'missing';
  const site = how !== 'unsupported';
  document.body.dataset.condition = how;
  find('origin').textContent = site ? String(state.origin).replace(/^https:\/\//, '') : say('popupNoSite');
  find('site').disabled = !site;
  find('site').checked = Boolean(site && state.known && state.on);
  tell(find('state'), say(`state${how[0].toUpperCase()}${how.slice(1)}`));
  const reason = failure(state) ?? state.errors?.at(-1);
  find('reason').hidden = !reason || !['failed', 'watching', 'permission'].includes(how);
  if (reason) find('reason').textContent = say(how === 'failed' ? 'reasonFailed' : 'reasonLast', reasonOf(reason));
  const [words, does] = MENDS[how] ?? [];
  // It would take the focus with it.
  if (!words && document.activeElement === find('mend')) find('state').focus();
  find('mend').hidden = !words;
  if (words) find('mend').textContent = say(words);
  find('mend').onclick = does ? () => act(does) : null;
  const { counters = {} } = state;
  for (const name of ['hooks', 'raw', 'notices', 'dropped']) {
    find(name).textContent = shortNumber(counters[name]);
    find(name).title = number(counters[name]);
    find(name).parentElement.classList.toggle('some', Number(counters[name]) > 0);
  }
  recording.show(state.recording, how === 'watching' || how === 'loading');
  showLast(Array.isArray(state.last) ? state.last : []);
}

const reasonOf = ({ code, detail }) => [say(`notice_${code}`) || code, detail].filter(Boolean).join(': ');

function showLast(events) {
  const rows = [];
  for (const event of events.slice(-SHOWN * 20)) {
    const about = describeHook(event);
    // Pieces of one text are one line.
    if (about.fold && rows.at(-1)?.about.fold === about.fold) {
      rows.at(-1).parts[0] += about.piece;
      continue;
    }
    rows.push({ about, parts: about.fold ? [about.piece] : about.parts });
  }
  find('none').hidden = rows.length > 0;
  find('last').hidden = rows.length === 0;
  find('last').replaceChildren(...rows.slice(-SHOWN).map(({ about, parts }) => element('li', { 'data-family': about.family },
    element('span', { class: 'name' }, about.name),
    element('span', { class: 'line' }, ...parts.map((part) => element('span', {}, part))))));
}

/** Said again only if it is another: a status is read aloud. */
function tell(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

find('site').addEventListener('change', ({ target }) => act(() => (target.checked ? turnOn(state.origin) : turnOff(state.origin))));
find('options').addEventListener('click', () => browser.runtime.openOptionsPage());
find('panel').addEventListener('click', () => act(async () => {
  // Firefox has a sidebar, Chromium a side panel; both open in a click only.
  await (browser.sidebarAction ? browser.sidebarAction.open() : browser.sidePanel.open({ tabId }));
  window.close();
}));
browser.tabs.onUpdated.addListener((id, { status }) => {
  if (id !== tabId || status !== 'complete') return;
  missing = reloading;
  reloading = false;
  look();
});

async function start() {
  sayPage();
  startLeaving(find('leaving'));
  const tab = await activeTab();
  tabId = tab?.id;
  await look();
  await recording.look().catch(fault);
  follow(tabId, { events: look, state: look });
}

start();
