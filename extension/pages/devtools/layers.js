// The DevTools panel: both layers of the inspected tab side by side. A hook that is chosen shows
// the frames it was read from.

import { ask } from '../ask.js';
import { browser } from '../browser.js';
import { follow } from '../feed.js';
import { startLeaving } from '../leaving.js';
import { eventList } from '../list.js';
import { turnRawOn } from '../raw_layer.js';
import { saveEvents } from '../save.js';
import { condition } from '../site.js';
import { number, say, sayPage } from '../words.js';
import { startFrames } from './frames.js';

const find = (id) => document.getElementById(id);

function fault(error) {
  find('state').dataset.on = 'false';
  find('state').textContent = error.message;
}

function start(settings) {
  const { tabId } = browser.devtools.inspectedWindow;
  let origin = null;

  function layerList(layer, chosen) {
    return eventList({
      list: find(`${layer}-rows`),
      scroller: find(`${layer}-events`),
      follow: find(`${layer}-follow`),
      layer,
      most: settings.limits.shown,
      chosen,
      changed({ shown, waiting, truncated }) {
        find(`${layer}-count`).textContent = waiting > 0 ? say('panelWaiting', number(shown), number(waiting)) : say(truncated ? 'panelNewest' : 'panelCount', number(shown));
        find(`${layer}-empty`).hidden = shown > 0;
      },
    });
  }

  const raw = layerList('raw', (events) => frames.showRaw(events));
  const hooks = layerList('hook', (events, node) => frames.showHook(events, node));
  const frames = startFrames({ raw, place: find('frames'), about: find('frames-about') });
  const both = [hooks, raw];

  function showRawOff() {
    find('raw-on').hidden = settings.layers.raw;
    find('raw-why').textContent = say(settings.layers.raw ? 'panelNothing' : 'panelRawOff');
  }

  function showState(state) {
    origin = state.origin;
    const how = condition(state);
    find('state').dataset.on = String(how === 'watching');
    const text = [origin, say(`short_${how}`)].filter(Boolean).join(': ');
    if (find('state').textContent !== text) find('state').textContent = text;
  }

  function clear() {
    for (const list of both) list.clear();
    frames.clear();
  }

  find('filter').addEventListener('input', ({ target }) => {
    for (const list of both) list.filter(target.value);
  });
  find('pause').addEventListener('click', ({ target }) => {
    const on = target.getAttribute('aria-pressed') !== 'true';
    target.setAttribute('aria-pressed', String(on));
    for (const list of both) list.pause(on);
  });
  find('clear').addEventListener('click', clear);
  find('save').addEventListener('click', () => saveEvents([...raw.events(), ...hooks.events()], origin, both.some((list) => list.truncated())));
  find('raw-on').addEventListener('click', async () => {
    try {
      await turnRawOn();
      settings.layers.raw = true;
      showRawOff();
      find('raw-events').focus();
    } catch (error) {
      fault(error);
    }
  });

  showRawOff();
  follow(tabId, {
    begin: clear,
    events(events) {
      raw.add(events.filter(({ layer }) => layer === 'raw'));
      hooks.add(events.filter(({ layer }) => layer === 'hook'));
    },
    state: showState,
    lost: () => fault({ message: say('error_silent', '') }),
  });
  ask({ ask: 'state', tabId }).then(showState).catch(fault);
}

sayPage();
startLeaving(find('leaving'));
ask({ ask: 'settings' }).then(({ settings }) => start(settings)).catch(fault);
