// The background's live feed of a tab. Its port dies when the service worker sleeps: it is opened
// again, and what is told then begins anew.

import { browser } from './browser.js';

const ATTEMPTS = 3; // in a row, without a word

/**
 * `begin()` before the first events of each page, `events(list)`, `state(state)`, `lost()` when nobody answers any
 * more. Gives a function that ends it.
 */
export function follow(tabId, { begin = () => {}, events, state = () => {}, lost = () => {} }) {
  let port;
  let attempts = 0;
  let over = false;

  function connect() {
    attempts += 1;
    try {
      port = browser.runtime.connect({ name: `live:${tabId}` });
    } catch {
      lost(); // the extension itself was replaced
      return;
    }
    begin();
    port.onMessage.addListener((message) => {
      attempts = 0;
      if (over) return;
      if (message?.turned) begin(); // another page is in the tab
      if (Array.isArray(message?.events)) events(message.events.filter((event) => typeof event === 'object' && event !== null));
      if (message?.state) state(message.state);
    });
    port.onDisconnect.addListener(() => {
      if (over) return;
      if (attempts < ATTEMPTS) connect();
      else lost();
    });
  }

  connect();
  return () => {
    over = true;
    port?.disconnect();
  };
}
