// The grammar that several services share: a message is a list of blocks that
// start, grow and stop. Applies its events to an answer.

import { resultText } from './tool.js';

/** `decide(tool, allowed, option)` is called when the person answers a card. */
export function grammar(reply, { decide = () => {} } = {}) {
  const blocks = new Map();
  let finished = false;
  let written = null; // the text block that grew last

  const start = {
    text: () => (written = reply.text()),
    thinking: () => reply.thinking(),
    tool_use(content) {
      const card = reply.tool(content);
      card.ondecide = (allowed, option) => decide(card.tool, allowed, option);
      return { card };
    },
    tool_result(content) {
      return { result: '', failed: content.is_error, card: reply.card(content.tool_use_id) };
    },
  };

  function delta(block, change) {
    switch (change.type) {
      case 'text_delta':
        return block.append(change.text);
      case 'thinking_delta':
        return block.append(change.thinking);
      case 'thinking_summary_delta':
        return block.summary(change.summary?.summary ?? change.summary);
      case 'input_json_delta':
        if ('result' in block) block.result = change.partial_json;
        else block.card?.input(change.partial_json);
        return undefined;
      case 'tool_use_block_update_delta':
        return block.card?.update(change);
      case 'citation_start_delta':
        return block.cite(change.citation);
      case 'citation_end_delta':
        return block.cited(change.citation_uuid);
    }
  }

  return {
    /** Applies one event. */
    apply(event) {
      switch (event.type) {
        case 'content_block_start':
          blocks.set(event.index, start[event.content_block.type]?.(event.content_block) ?? {});
          break;
        case 'content_block_delta': {
          const block = blocks.get(event.index);
          if (block) delta(block, event.delta);
          break;
        }
        case 'content_block_stop': {
          const block = blocks.get(event.index);
          if (block && 'result' in block) block.card?.result(resultText(block.result), block.failed);
          else block?.card?.inputDone();
          break;
        }
        case 'message_limit': {
          const { type, windows } = event.message_limit;
          const used = Math.round((windows?.['5h']?.utilization ?? 0) * 100);
          if (type === 'approaching_limit') reply.note(`You have used ${used} % of your limit.`, 'warn');
          break;
        }
        case 'message_stop':
          finished = true;
          break;
        case 'error':
          finished = true;
          reply.note(event.error?.message ?? 'Something went wrong.', 'bad');
          break;
      }
      reply.grow();
    },
    finished: () => finished,
    /** The text block that grew last: a whole copy of it may come by another way. */
    written: () => written,
  };
}
