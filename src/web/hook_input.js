// A payload as Claude Code's hooks would have sent it: snake_case, with the
// fields of its base, so that one consumer can serve both.

const RENAMED = {
  type: 'hook_event_name',
  conversationId: 'session_id',
  turnId: 'prompt_id',
  toolId: 'tool_use_id',
};

export function toHookInput(payload) {
  const input = { session_id: '', transcript_path: '', cwd: '', hook_event_name: '' };
  for (const name of Object.keys(payload)) {
    if (name === 'raw') continue;
    const snake = RENAMED[name] || name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase());
    input[snake] = payload[name];
  }
  input.session_id = input.session_id || '';
  return input;
}
