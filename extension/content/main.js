// The tap in the page's own world, before the page's first script: what the classic script installs,
// and the way out of the page (channel.js).

import { load } from '../../src/web/embedded.js';
import everything from '../../src/web/everything.js';
import { install } from '../../src/web/install.js';
import { openChannel } from './channel.js';

try {
  openChannel(install(window, load, { dom: true }, everything));
} catch (error) {
  // The page must not meet our error.
  console.warn('pagetap is not installed:', error.message);
}
