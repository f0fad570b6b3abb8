// The side panel (Firefox: sidebar): the events of the tab in front, as they come.

import { familyChips } from '../../../www/live/families.js';
import { ask } from '../ask.js';
import { follow } from '../feed.js';
import { eventList } from '../list.js';
import { oneOf } from '../pressed.js';
import { saveEvents } from '../save.js';
import { condition } from '../site.js';
import { followActiveTab } from '../tab.js';
import { number, say, sayPage } from '../words.js';

sayPage();
const find = (id) => document.getElementById(id);
let origin = null;
let how = '';
let layer = 'hook';
let leave = () => {};
const { settings } = await ask({ ask: 'settings' });

const list = eventList({
  list: find('rows'),
  scroller: find('events'),
  follow: find('follow'),
  layer,
  most: settings.limits.shown,
  counted: (family) => chips.count(family),
  cleared: () => chips.clear(),
  changed: showCount,
});
const chips = familyChips({ place: find('chips'), show: list.show, name: (family) => say(`family_${family}`), number });

function showCount({ shown, kept, waiting }) {
  find('count').textContent = waiting > 0 ? say('panelWaiting', number(shown), number(waiting)) : say('panelCount', number(shown));
  find('empty').hidden = shown > 0;
  find('save').disabled = shown === 0;
  if (shown === 0) explain(kept);
}

/** Why nothing is shown. */
function explain(kept) {
  const rawOff = layer === 'raw' && !settings.layers.raw;
  find('raw-on').hidden = !rawOff;
  const why = rawOff ? 'panelRawOff' : find('filter').value.trim() && kept > 0 ? 'panelNoMatch' : how === 'watching' ? 'panelWait' : 'panelNothing';
  find('empty-why').textContent = say(why);
}

function showState(state) {
  origin = state.origin;
  how = condition(state);
  find('origin').textContent = origin ? String(origin).replace(/^https:\/\//, '') : 'pagetap';
  find('state').dataset.on = String(how === 'watching');
  const text = say(`short_${how}`);
  if (find('state').textContent !== text) find('state').textContent = text;
  list.add([]);
}

function fault(error) {
  find('state').dataset.on = 'false';
  find('state').textContent = error.message;
}

followActiveTab(async (tabId) => {
  leave();
  leave = follow(tabId, {
    begin: list.clear,
    events: list.add,
    state: showState,
    lost: () => fault({ message: say('errorSilent', '') }),
  });
  try {
    showState(await ask({ ask: 'state', tabId }));
  } catch (error) {
    fault(error);
  }
});

oneOf(find('layer'), 'layer', (name) => {
  layer = name;
  list.layer(name);
});
find('filter').addEventListener('input', ({ target }) => list.filter(target.value));
find('pause').addEventListener('click', ({ target }) => {
  const on = target.getAttribute('aria-pressed') !== 'true';
  target.setAttribute('aria-pressed', String(on));
  list.pause(on);
});
find('save').addEventListener('click', () => saveEvents(list.events(), origin));
find('clear').addEventListener('click', list.clear);
find('raw-on').addEventListener('click', async () => {
  try {
    const answer = await ask({ ask: 'settings' });
    answer.settings.layers.raw = true;
    await ask({ do: 'settings', settings: answer.settings });
    settings.layers.raw = true;
    list.layer(layer);
    find('events').focus();
  } catch (error) {
    fault(error);
  }
});
