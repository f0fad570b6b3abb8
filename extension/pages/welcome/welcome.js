// The page of the first run.

import { browser } from '../browser.js';
import { developerTools } from '../developer_tools.js';
import { sayPage } from '../words.js';

sayPage();
document.getElementById('warned').hidden = developerTools.optional;
document.getElementById('options').addEventListener('click', () => browser.runtime.openOptionsPage());
