// What a click on the bookmarklet does: the tap is installed at once, and queues
// what the page reads until `load` has brought the core.

import { install } from '../src/web/install.js';

export function click(load, parts) {
  try {
    // One that has failed is replaced.
    if (window.__claudeHooks?.stats?.().failure) window.__claudeHooksDestroy();
    install(window, (tap) => {
      window.dispatchEvent(new CustomEvent('pagetap:installed'));
      load(tap);
    }, {}, parts);
    console.info('pagetap is active: __claudeHooks, __claudeTap, __claudeHooksDestroy()');
  } catch (error) {
    // Another tool's globals are in the way. The page must not meet our error.
    console.warn('pagetap is not installed:', error.message);
  }
}
