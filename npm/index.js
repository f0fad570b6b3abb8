// pagetap as an ES module: `import { install } from 'pagetap'`.

import everything from '../src/web/everything.js';
import { exporting } from '../src/web/export.js';
import { install as installInto } from '../src/web/install.js';
import { checked } from './options.js';

// Taken before anything is patched: the core's own loading is not the page's.
const fetch = globalThis.fetch;
const { arrayBuffer } = Response.prototype;

export { toHookInput } from '../src/web/hook_values.js';
export { default as version } from 'pagetap-version';

/**
 * Installs the tap into this window, at once; the core follows and nothing is
 * missed while it loads. `options.wasm` may name the module: a URL, a Response,
 * bytes or a WebAssembly.Module. Default: pagetap.wasm beside this file. Throws
 * a TypeError that names the option which is no good.
 */
export function install(given) {
  const { wasm, ...options } = checked(given);
  return installInto(window, ({ start, fail }) => {
    instantiate(wasm ?? new URL('./pagetap.wasm', import.meta.url))
      .then((exports) => start(exports, 'wasm'))
      // Refused by the page's policy, or not to be had: the same core as
      // JavaScript.
      .catch(() => import('./pagetap-core.js').then((exports) => start(exports, 'js')))
      .catch(fail);
  }, options, parts);
}

const parts = {
  ...everything,
  exporting: exporting(() => instantiate(new URL('./pagetap-export.wasm', import.meta.url))
    .catch(() => import('./pagetap-export.js'))),
};

async function instantiate(wasm) {
  let source = wasm;
  if (typeof source === 'string' || source instanceof URL) source = await fetch(source);
  if (source instanceof Response) {
    if (!source.ok) throw new Error(`cannot load ${source.url}: HTTP ${source.status}`);
    source = await arrayBuffer.call(source);
  }
  const made = await WebAssembly.instantiate(source);
  return (made.instance ?? made).exports;
}
