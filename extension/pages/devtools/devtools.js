// Puts the panel among the browser's developer tools.

import { browser } from '../browser.js';
import { sayPage } from '../words.js';

sayPage();
browser.devtools.panels.create('pagetap', '/icons/icon.svg', '/pages/devtools/layers.html');
