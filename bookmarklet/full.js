// The bookmarklet for browsers that keep long addresses (Chromium: two million
// characters): everything the classic script has.

import { load } from '../src/web/embedded.js';
import everything from '../src/web/everything.js';
import { click } from './click.js';

click(load, everything, { dom: true });
