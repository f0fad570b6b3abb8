// The core as JavaScript, for a page that refuses WebAssembly: put into its world by the background, when
// main.js has asked for it.

import { CORE } from './core_name.js';

// Only if it is waited for: it takes its memory when it is evaluated.
if (CORE in window) window[CORE] = () => require('pagetap-core-js');
