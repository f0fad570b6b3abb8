// pagetap as one classic script: put it first in the page, and it is there. Both
// encodings of the core are inside.

import wasm from 'pagetap-core-wasm';
import everything from '../src/web/everything.js';
import { fromBase64, install, webAssembly } from '../src/web/install.js';

try {
  install(window, ({ start }) => {
    const exports = webAssembly(fromBase64(wasm));
    if (exports) start(exports, 'wasm');
    // Evaluated only here: it takes its memory when it is.
    else start(require('pagetap-core-js'), 'js');
  }, {}, everything);
  window.dispatchEvent(new CustomEvent('pagetap:installed'));
} catch (error) {
  // Another tool's globals are in the way. The page must not meet our error.
  console.warn('pagetap is not installed:', error.message);
}
