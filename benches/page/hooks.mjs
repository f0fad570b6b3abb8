// Typed events to a subscriber: by the tap, and by what reads event streams, JSON.parse and a switch.

import { _iterSSEMessages } from '@anthropic-ai/sdk/core/streaming.mjs';
import { getLines, getMessages } from '@microsoft/fetch-event-source/lib/esm/parse.js';
import { createParser } from 'eventsource-parser-current';
import { makeTap, stream } from './tap.mjs';

export { chunks, corpus } from '../corpus.mjs';

// The subscriber: the same function for all, though each has a copy, so that none sees the other's shapes.
function subscriber() {
  let events = 0;
  let types = 0;
  let characters = 0;
  return {
    hear(payload) {
      events++;
      types += payload.type.length;
      const text = payload.text ?? payload.partial;
      if (text !== undefined) characters += text.length;
    },
    // Since the last time.
    take() {
      const taken = { events, types, characters };
      events = types = characters = 0;
      return taken;
    },
  };
}

// What the tap says of a stream of the Messages API, by hand: the least that gives the same payloads.
function translator(hear) {
  let seq = 0;
  let messageId;
  let usage;
  let stopReason;
  let last = '';
  const blocks = new Map();
  const say = (type, fields) => hear({
    type, ts: Date.now(), conversationId: null, dialect: 'messages', source: 'wire', streamId: 1, observed: true,
    turnId: 'turn-1', messageId, seq: seq++, ...fields,
  });
  const call = ({ id, name, server_name }) => ({ toolId: id, toolName: name, server: server_name });
  return (record) => {
    switch (record.type) {
      case 'message_start':
        messageId = record.message.id;
        ({ usage } = record.message);
        say('MessageStart', { model: record.message.model });
        break;
      case 'content_block_start': {
        const { index: blockIndex, content_block: block } = record;
        blocks.set(blockIndex, { block, json: '' });
        switch (block.type) {
          case 'text': last = block.text; break;
          case 'thinking': say('ThinkingStart', { blockIndex }); break;
          case 'tool_use':
          case 'mcp_tool_use':
            last = '';
            say('ToolUseStart', { ...call(block), blockIndex });
            break;
          case 'mcp_tool_result': {
            const tool = [...blocks.values()].find(({ block: { id } }) => id === block.tool_use_id);
            say('PostToolUse', { ...call(tool?.block ?? {}), toolInput: tool?.input, toolResponse: block.content });
          }
        }
        break;
      }
      case 'content_block_delta': {
        const { index: blockIndex, delta } = record;
        switch (delta.type) {
          case 'text_delta':
            last += delta.text;
            say('MessageDelta', { text: delta.text, blockIndex });
            break;
          case 'thinking_delta': say('ThinkingDelta', { text: delta.thinking, blockIndex }); break;
          case 'input_json_delta': {
            const open = blocks.get(blockIndex);
            open.json += delta.partial_json;
            say('ToolInputDelta', { partial: delta.partial_json, blockIndex, toolId: open.block.id });
          }
        }
        break;
      }
      case 'content_block_stop': {
        const open = blocks.get(record.index);
        if (!open.block.type.endsWith('tool_use')) break;
        open.input = JSON.parse(open.json || '{}');
        const fields = { ...call(open.block), blockIndex: record.index, toolInput: open.input };
        say('ToolUseEnd', fields);
        say('PreToolUse', fields);
        break;
      }
      case 'message_delta':
        usage = { ...usage, ...record.usage };
        stopReason = record.delta.stop_reason;
        break;
      case 'message_stop':
        say('MessageEnd', { stopReason, complete: true, usage });
        say('Stop', { stopHookActive: false, stopReason, lastAssistantMessage: last });
    }
  };
}

const theirs = {
  'eventsource-parser'(chunks, translate) {
    const decoder = new TextDecoder();
    const parser = createParser({ onEvent: ({ data }) => translate(JSON.parse(data)) });
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  },
  async '@anthropic-ai/sdk'(chunks, translate) {
    const body = { async *[Symbol.asyncIterator]() { yield* chunks; } };
    for await (const { event, data } of _iterSSEMessages({ body }, new AbortController())) {
      if (event !== 'ping') translate(JSON.parse(data));
    }
  },
  'fetch-event-source'(chunks, translate) {
    const ignore = () => {};
    const feed = getLines(getMessages(ignore, ignore, ({ data }) => translate(JSON.parse(data))));
    for (const chunk of chunks) feed(chunk);
  },
};

const tap = makeTap();
const ours = subscriber();
tap.hooks.on('*', (payload) => ours.hear(payload));

export const contenders = {
  async pagetap(chunks) {
    await stream(tap, chunks);
    return ours.take();
  },
};
for (const [name, read] of Object.entries(theirs)) {
  const { hear, take } = subscriber();
  contenders[name] = async (chunks) => {
    await read(chunks, translator(hear));
    return take();
  };
}
