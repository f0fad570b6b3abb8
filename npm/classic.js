// pagetap as one classic script: put it first in the page, and it is there. Both
// encodings of the core are inside. On its element, `data-match`, `data-dom` and `data-wire`
// are the options of those names, as far as an attribute can say them: 'all' or 'dialects',
// 'true' or 'false'.

import { load, loadExporter } from '../src/web/embedded.js';
import everything from '../src/web/everything.js';
import { exporting } from '../src/web/export.js';
import { install } from '../src/web/install.js';
import { checked } from './options.js';

try {
  const { match, dom = 'true', wire } = document.currentScript?.dataset ?? {};
  const parts = { ...everything, exporting: exporting(loadExporter) };
  install(window, load, checked({ match, dom: truth(dom), wire: truth(wire) }), parts);
  window.dispatchEvent(new CustomEvent('pagetap:installed'));
} catch (error) {
  // Another tool's globals are in the way, or the attribute is no good. The page must not meet our
  // error.
  console.warn('pagetap is not installed:', error.message);
}

// Anything else is refused where options are checked.
function truth(text) {
  return text === 'true' || (text === 'false' ? false : text);
}
