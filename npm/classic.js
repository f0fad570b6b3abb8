// pagetap as one classic script: put it first in the page, and it is there. Both
// encodings of the core are inside. `data-match` on its element is the option `match`,
// as far as an attribute can say it: 'all' or 'dialects'.

import { load } from '../src/web/embedded.js';
import everything from '../src/web/everything.js';
import { install } from '../src/web/install.js';
import { checked } from './options.js';

try {
  const { match } = document.currentScript?.dataset ?? {};
  install(window, load, checked({ match }), everything);
  window.dispatchEvent(new CustomEvent('pagetap:installed'));
} catch (error) {
  // Another tool's globals are in the way, or the attribute is no good. The page must not meet our
  // error.
  console.warn('pagetap is not installed:', error.message);
}
