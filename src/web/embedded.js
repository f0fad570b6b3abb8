// The core and the exporter as a script carries them that has room: both encodings of the core, of the
// exporter the one that runs under any policy.

import wasm from 'pagetap-core-wasm';
import { fromBase64, webAssembly } from './install.js';

// For `install`: the core is there when this returns.
export function load({ start }) {
  const exports = webAssembly(fromBase64(wasm));
  if (exports) start(exports, 'wasm');
  // Evaluated only here: it takes its memory when it is.
  else start(require('pagetap-core-js'), 'js');
}

// For `exporting`.
export const loadExporter = () => require('pagetap-export-js');
