// The core as a script carries it that has room for both encodings.

import wasm from 'pagetap-core-wasm';
import { fromBase64, webAssembly } from './install.js';

// For `install`: the core is there when this returns.
export function load({ start }) {
  const exports = webAssembly(fromBase64(wasm));
  if (exports) start(exports, 'wasm');
  // Evaluated only here: it takes its memory when it is.
  else start(require('pagetap-core-js'), 'js');
}
