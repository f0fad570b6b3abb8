// The chat of claude.ai: each answer is the response of one request.

import { grammar } from '../chat/grammar.js';
import { readEvents } from '../chat/sse.js';
import { conversation, refusal } from './claude_ai_request.js';

/** `id` and `parent` (the message before), where a page goes on with a conversation it knows. */
export function openClaudeAi({ id, parent } = {}) {
  const backend = conversation('claude-opus-5', { id, parent });
  let running = null;

  function stop(why) {
    if (!running) return;
    running.stopped = why;
    running.controller.abort();
    backend.stop();
  }

  async function draw(request, reply) {
    const turn = { controller: new AbortController(), stopped: '' };
    running = turn;
    const blocks = grammar(reply, {
      decide(tool, allowed, option) {
        backend.decide(tool, allowed, option);
        // The recorded answer goes on as if it had been allowed: after a refusal
        // only stopping is true to what the person chose.
        if (!allowed) stop('You did not allow it, so the answer was stopped.');
      },
    });
    try {
      const response = await request(turn.controller.signal);
      const type = response.headers.get('content-type') ?? '';
      if (!response.ok || !type.includes('text/event-stream')) {
        reply.note(await refusal(response), 'bad');
        return undefined;
      }
      await readEvents(response.body, ({ data }) => blocks.apply(JSON.parse(data)));
      if (!blocks.finished()) reply.note('The answer was cut off.', 'bad');
    } catch (error) {
      if (!turn.stopped) reply.note(`The connection was lost: ${error.message}`, 'bad');
    } finally {
      running = null;
    }
    return turn.stopped;
  }

  return {
    ask: (text, reply) => draw((signal) => backend.complete(text, signal), reply),
    again: (reply) => draw((signal) => backend.retry(signal), reply),
    parent: backend.parent,
    stop: () => stop('You stopped this answer.'),
    close: () => stop('You left this conversation.'),
  };
}
