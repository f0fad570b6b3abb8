// Where Claude Code's hooks have a field with values of their own, what a tap says there in words of its own has a
// name of its own. src/export/hook_input.rs says the same. The bookmarklet that every browser can keep has no
// room for it.

import { toHookInput as plain } from './hook_input.js';

const VALUES = {
  'SessionStart source': ['startup', 'resume', 'clear', 'compact', 'fork'],
  'UserPromptSubmit source': ['user', 'sdk', 'system', 'loop_wakeup', 'schedule_wakeup', 'poll_event'],
  'DirectoryAdded source': ['slash_command', 'register_repo_root'],
  'PreModelSwitch source': ['command', 'picker', 'sdk'],
  'PostModelSwitch source': ['command', 'picker', 'sdk', 'auto', 'resume'],
  'Elicitation mode': ['form', 'url'],
};

export function toHookInput(payload) {
  const named = ([name, value]) => {
    const values = VALUES[`${payload.type} ${name}`];
    return [!values || values.includes(value) ? name : `tap_${name}`, value];
  };
  return Object.fromEntries(Object.entries(plain(payload)).map(named));
}
