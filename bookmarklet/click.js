// What a click on the bookmarklet does: the tap is installed at once, and queues
// what the page reads until `load` has brought the core.

import { install } from '../src/web/install.js';

export function click(load, parts) {
  // One that has failed is replaced.
  if (window.__claudeHooks?.stats?.().failure) window.__claudeHooksDestroy();
  if (window.__claudeHooks) {
    console.info('__claudeHooks is already there; __claudeHooksDestroy() removes it');
  } else {
    install(window, load, {}, parts);
    console.info('pagetap is active: __claudeHooks, __claudeTap, __claudeHooksDestroy()');
    window.dispatchEvent(new CustomEvent('pagetap:installed'));
  }
}
