// What both pipes of a Claude Code session send, and how they are asked.

import { ORGANIZATION, uuid } from '../ids.js';
import { rows } from './rows.js';

/**
 * A session: `post(event)` sends one event. `id` is its name in addresses, and
 * what its own events say.
 */
export function session(id, post) {
  const drawn = rows((event) => post(event).catch(() => {}));
  return {
    apply: drawn.apply,
    /** The pipe is lost for good, or left. */
    over: drawn.over,
    async ask(text, reply) {
      const over = drawn.begin(reply);
      const response = await post({
        type: 'user',
        uuid: uuid(),
        session_id: id,
        parent_tool_use_id: null,
        message: { role: 'user', content: text },
      });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      return over;
    },
    stop: () => post({
      type: 'control_request',
      request_id: `interrupt-${Date.now()}-${uuid().slice(-6)}`,
      request: { subtype: 'interrupt' },
    }).catch(() => {}),
  };
}

/** The headers of its requests. */
export function headers(beta) {
  return {
    'Content-Type': 'application/json',
    'anthropic-version': '2023-06-01',
    'anthropic-beta': beta,
    'anthropic-client-feature': 'ccr',
    'anthropic-client-platform': 'web_claude_ai',
    'x-organization-uuid': ORGANIZATION,
  };
}

/** Waits, unless the signal says that it need not. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
