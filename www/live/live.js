// The live list: everything here comes from the tap's public globals, and from
// nothing else.

import { element } from '../dom/element.js';
import { describeHook, describeRaw } from './describe.js';
import { familyChips } from './families.js';
import { rowList } from './rows.js';

/** `doing()` says what the tap does. */
export function startLive({ doing = () => 'is watching' } = {}) {
  const find = (id) => document.getElementById(id);
  let total = 0;
  let layer = 'hooks';
  let watched = null; // the tap's hooks: a page may install another tap
  let release = null;

  const rows = rowList({
    list: find('rows'),
    scroller: find('events'),
    follow: find('follow'),
    count(family) {
      total += 1;
      chips.count(family);
      showTotal();
    },
  });
  const chips = familyChips({ place: find('chips'), show: rows.show });

  function showTotal() {
    find('count').textContent = total === 1 ? '1 event' : `${total} events`;
    find('badge').textContent = total;
    find('empty').hidden = total > 0;
  }

  function clear() {
    total = 0;
    chips.clear();
    rows.clear();
    showTotal();
  }

  /** Listens to one layer: the tap does no work for a layer nobody wants. */
  function listen() {
    release?.();
    release = layer === 'hooks'
      ? window.__claudeHooks.on('*', (event) => rows.add(event, describeHook(event)))
      : window.__claudeTap.on((event) => rows.add(event, describeRaw(event)));
  }

  /** Starts once the tap is there; says what to do while it is not. */
  function connect() {
    const state = find('tap-state');
    if (!window.__claudeHooks) {
      state.dataset.on = 'false';
      state.textContent = 'no tap yet: click your bookmarklet';
      find('empty').replaceChildren('Click the pagetap bookmarklet, then send a message. No bookmarklet yet? ',
        element('a', { href: '/bookmarklet.html' }, 'Install it'), '.');
      return;
    }
    if (watched === window.__claudeHooks) return;
    watched = window.__claudeHooks;
    state.dataset.on = 'true';
    state.textContent = `tap ${watched.version ?? ''} ${doing()}`.replace('  ', ' ');
    find('empty').textContent = 'Send a message: its events will appear here.';
    listen();
  }

  for (const button of document.querySelectorAll('[data-layer]')) {
    button.addEventListener('click', () => {
      layer = button.dataset.layer;
      for (const other of document.querySelectorAll('[data-layer]')) other.setAttribute('aria-pressed', String(other === button));
      clear();
      if (release) listen();
    });
  }
  find('clear').addEventListener('click', clear);

  window.addEventListener('pagetap:installed', connect);
  document.addEventListener('submit', connect, true); // for a tap that does not announce itself
  connect();
}
