// pagetap as one classic script: put it first in the page, and it is there. Both
// encodings of the core are inside. `data-match` on its element is the option `match`,
// as far as an attribute can say it: 'all' or 'dialects'.

import wasm from 'pagetap-core-wasm';
import everything from '../src/web/everything.js';
import { fromBase64, install, webAssembly } from '../src/web/install.js';
import { checked } from './options.js';

try {
  const { match } = document.currentScript?.dataset ?? {};
  install(window, ({ start }) => {
    const exports = webAssembly(fromBase64(wasm));
    if (exports) start(exports, 'wasm');
    // Evaluated only here: it takes its memory when it is.
    else start(require('pagetap-core-js'), 'js');
  }, checked({ match }), everything);
  window.dispatchEvent(new CustomEvent('pagetap:installed'));
} catch (error) {
  // Another tool's globals are in the way, or the attribute is no good. The page must not meet our
  // error.
  console.warn('pagetap is not installed:', error.message);
}
