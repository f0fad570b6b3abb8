// Tool calls as an assistant makes them: each has a card.

import { contentText } from '../../chat/tool.js';

let tokens = 0;

/** `start(reply)` begins a turn; then `call(name, args, about)` makes calls. */
export function callTools(client) {
  const progress = new Map(); // cards by token
  let turn = null;

  return {
    start(reply) {
      turn = { reply, controller: new AbortController(), calls: 0 };
      return turn;
    },
    stop: () => turn?.controller.abort(),
    /** Calls a tool; resolves to its texts, also when it failed. */
    async call(name, args, asks = () => {}) {
      const token = `progress-${(tokens += 1)}`;
      const card = turn.reply.tool({ id: token, name });
      turn.card = card;
      card.setInput(args);
      progress.set(token, card);
      asks(card);
      try {
        const result = await client.call(name, args, { signal: turn.controller.signal, progressToken: token });
        card.result(contentText(result.content) ?? '', result.isError);
        return { failed: Boolean(result.isError), texts: result.content.map((item) => item.text) };
      } catch (error) {
        if (turn.controller.signal.aborted) throw error;
        card.result(error.message, true);
        return { failed: true, texts: [error.message] };
      } finally {
        progress.delete(token);
      }
    },
    /** The card of the call that was made last: what the server asks is about it. */
    lastCard: () => turn?.card,
    notified({ method, params }) {
      if (method !== 'notifications/progress') return;
      progress.get(params.progressToken)?.progress(`${params.progress} of ${params.total}, ${params.message}`);
    },
  };
}

/** Plays a turn: its end, however it comes. */
export async function playTurn(work) {
  try {
    return await work();
  } catch (error) {
    if (error.message === 'stopped') return 'You stopped this.';
    throw error;
  }
}
