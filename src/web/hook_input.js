// A payload as Claude Code's hooks would have sent it: snake_case, with the
// fields of its base, so that one consumer can serve both.

const RENAMED = {
  type: 'hook_event_name',
  conversationId: 'session_id',
  turnId: 'prompt_id',
  toolId: 'tool_use_id',
};

// Fields that Claude Code has, too, with these values and no others. What a tap says there in words of its own
// has a name of its own: src/export/hook_input.rs says the same.
const VALUES = {
  'SessionStart source': 'startup resume clear compact fork',
  'UserPromptSubmit source': 'user sdk system loop_wakeup schedule_wakeup poll_event',
  'DirectoryAdded source': 'slash_command register_repo_root',
  'PreModelSwitch source': 'command picker sdk',
  'PostModelSwitch source': 'command picker sdk auto resume',
  'Elicitation mode': 'form url',
};

export function toHookInput(payload) {
  const input = { session_id: '', transcript_path: '', cwd: '', hook_event_name: '' };
  for (const name of Object.keys(payload)) {
    if (name === 'raw') continue;
    const snake = RENAMED[name] || name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase());
    const values = VALUES[`${payload.type} ${snake}`];
    input[!values || values.split(' ').includes(payload[name]) ? snake : `tap_${snake}`] = payload[name];
  }
  input.session_id = input.session_id || '';
  return input;
}
