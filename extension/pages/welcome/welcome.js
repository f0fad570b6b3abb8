// The page of the first run.

import { browser } from '../browser.js';
import { sayPage } from '../words.js';

sayPage();
document.getElementById('options').addEventListener('click', () => browser.runtime.openOptionsPage());
