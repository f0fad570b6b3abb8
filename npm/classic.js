// pagetap as one classic script: put it first in the page, and it is there. Both
// encodings of the core are inside.

import { load } from '../src/web/embedded.js';
import everything from '../src/web/everything.js';
import { install } from '../src/web/install.js';

try {
  install(window, load, {}, everything);
  window.dispatchEvent(new CustomEvent('pagetap:installed'));
} catch (error) {
  // Another tool's globals are in the way. The page must not meet our error.
  console.warn('pagetap is not installed:', error.message);
}
