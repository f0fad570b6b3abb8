// The bookmarklet for browsers that keep long addresses (Chromium: two million
// characters): everything the classic script has.

import deflated from 'pagetap-core-wasm-deflated';
import everything from '../src/web/everything.js';
import { webAssembly } from '../src/web/install.js';
import { inflated } from './inflated.js';
import { click } from './click.js';

click(({ start, fail }) => {
  inflated(deflated).then((bytes) => {
    const exports = webAssembly(bytes);
    if (exports) start(exports, 'wasm');
    // Evaluated only here: it takes its memory when it is.
    else start(require('pagetap-core-js'), 'js');
  }).catch(fail);
}, everything);
