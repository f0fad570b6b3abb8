// The permission to have a panel in the browser's developer tools. Firefox asks for it when the person
// wants one; Chromium knows it with the installation only, and warns of all websites then.

import { browser } from './browser.js';

const PERMISSION = { permissions: ['devtools'] };
const { optional_permissions: optional = [] } = browser.runtime.getManifest();

export const developerTools = {
  /** Whether it is asked for later. */
  optional: optional.includes('devtools'),
  granted: () => browser.permissions.contains(PERMISSION),
  /** Must be called in a click. Gives whether the person allowed it. */
  ask: () => browser.permissions.request(PERMISSION),
  giveBack: () => browser.permissions.remove(PERMISSION),
};
