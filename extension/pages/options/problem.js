// A problem of settings as a line of a list.

import { element } from '../../../www/dom/element.js';
import { say } from '../words.js';

export const written = ({ path, error }) => element('li', {}, element('code', {}, path || 'settings'), ' ', say(error) || String(error));
