// Framing alone: events as they stand in the stream, to a subscriber that reads their names and data or,
// for the tap, to nobody.

import { _iterSSEMessages } from '@anthropic-ai/sdk/core/streaming.mjs';
import { getLines, getMessages } from '@microsoft/fetch-event-source/lib/esm/parse.js';
import { createParser } from 'eventsource-parser-current';
import { makeTap, stream } from './tap.mjs';

export { chunks, corpus } from '../corpus.mjs';

function subscriber() {
  let events = 0;
  let characters = 0;
  return {
    hear(event, data) {
      events++;
      characters += event.length + data.length;
    },
    // Since the last time.
    take() {
      const taken = { events, characters };
      events = characters = 0;
      return taken;
    },
  };
}

const unheard = makeTap();
const heard = makeTap();
const ours = subscriber();
heard.raw.on(({ kind, event, data }) => {
  if (kind === 'frame') ours.hear(event, data);
});

const theirs = {
  'eventsource-parser'(chunks, hear) {
    const decoder = new TextDecoder();
    const parser = createParser({ onEvent: ({ event, data }) => hear(event, data) });
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  },
  async '@anthropic-ai/sdk'(chunks, hear) {
    const body = { async *[Symbol.asyncIterator]() { yield* chunks; } };
    for await (const { event, data } of _iterSSEMessages({ body }, new AbortController())) hear(event, data);
  },
  'fetch-event-source'(chunks, hear) {
    const ignore = () => {};
    const feed = getLines(getMessages(ignore, ignore, ({ event, data }) => hear(event, data)));
    for (const chunk of chunks) feed(chunk);
  },
};

export const contenders = {
  async 'pagetap, no subscriber'(chunks) {
    await stream(unheard, chunks);
    return null;
  },
  async pagetap(chunks) {
    await stream(heard, chunks);
    return ours.take();
  },
};
for (const [name, read] of Object.entries(theirs)) {
  const { hear, take } = subscriber();
  contenders[name] = async (chunks) => {
    await read(chunks, hear);
    return take();
  };
}
