// What a click on the bookmarklet does. `load` brings the core at once.

import { install } from '../src/web/install.js';

export function click(load, parts, options = {}) {
  try {
    // One that has failed is replaced.
    if (window.__claudeHooks?.stats?.().failure) window.__claudeHooksDestroy();
    install(window, (tap) => {
      load(tap);
      window.dispatchEvent(new CustomEvent('pagetap:installed'));
    }, options, parts);
    console.info('pagetap is active: __claudeHooks, __claudeTap, __claudeHooksDestroy()');
  } catch (error) {
    // Another tool's globals are in the way. The page must not meet our error.
    console.warn('pagetap is not installed:', error.message);
  }
}
