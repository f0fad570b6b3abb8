// The core and the exporter as a script carries them that has room for both encodings of each.

import wasm from 'pagetap-core-wasm';
import exportWasm from 'pagetap-export-wasm';
import { fromBase64, webAssembly } from './install.js';

// For `install`: the core is there when this returns.
export function load({ start }) {
  const exports = webAssembly(fromBase64(wasm));
  if (exports) start(exports, 'wasm');
  // Evaluated only here: it takes its memory when it is.
  else start(require('pagetap-core-js'), 'js');
}

// For `exporting`.
export function loadExporter() {
  return webAssembly(fromBase64(exportWasm)) ?? require('pagetap-export-js');
}
