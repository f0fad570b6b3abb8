// The side panel (Firefox: sidebar): the events of the tab in front, as they come.

import { familyChips } from '../../../www/live/families.js';
import { ask } from '../ask.js';
import { follow } from '../feed.js';
import { startLeaving } from '../leaving.js';
import { eventList } from '../list.js';
import { oneOf } from '../pressed.js';
import { turnRawOn } from '../raw_layer.js';
import { saveEvents } from '../save.js';
import { condition } from '../site.js';
import { followActiveTab } from '../tab.js';
import { number, say, sayPage } from '../words.js';

const find = (id) => document.getElementById(id);

function fault(error) {
  find('state').dataset.on = 'false';
  find('state').classList.remove('running');
  find('state').textContent = error.message;
}

function start(settings) {
  let origin = null;
  let how = '';
  let layer = 'hook';
  let leave = () => {};
  let shown; // the tab

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

  function showCount({ shown, kept, waiting, truncated }) {
    find('count').textContent = waiting > 0 ? say('panelWaiting', number(shown), number(waiting)) : say(truncated ? 'panelNewest' : 'panelCount', number(shown));
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
    find('state').classList.toggle('running', Boolean(state.recording));
    const text = state.recording ? say('panelRecording', say(`short_${how}`)) : say(`short_${how}`);
    if (find('state').textContent !== text) find('state').textContent = text;
    list.add([]);
  }

  followActiveTab(async (tabId) => {
    shown = tabId;
    leave();
    leave = follow(tabId, {
      begin: list.clear,
      events: list.add,
      state: showState,
      lost: () => fault({ message: say('error_silent', '') }),
    });
    try {
      const state = await ask({ ask: 'state', tabId });
      if (shown === tabId) showState(state);
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
  find('save').addEventListener('click', () => saveEvents(list.events(), origin, list.truncated()));
  find('clear').addEventListener('click', list.clear);
  find('raw-on').addEventListener('click', async () => {
    try {
      await turnRawOn();
      settings.layers.raw = true;
      list.layer(layer);
      find('events').focus();
    } catch (error) {
      fault(error);
    }
  });
}

sayPage();
startLeaving(find('leaving'));
ask({ ask: 'settings' }).then(({ settings }) => start(settings)).catch(fault);
