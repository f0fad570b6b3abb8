// In the page: the AI SDK with Anthropic's provider.

import { createAnthropic } from '@ai-sdk/anthropic';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { stage } from './transcript.mjs';

const HALF = 2;

stage({
  'ai and @ai-sdk/anthropic': {
    make: () => createAnthropic({ baseURL: `${location.origin}/anthropic/v1`, apiKey: 'key' }),

    async go(t, anthropic) {
      let serial = 0;
      const shared = (model) => ({
        model: anthropic(model),
        prompt: 'Hello?',
        maxRetries: 0,
        _internal: { generateId: () => `id-${++serial}`, now: () => 0 },
        onError: ({ error }) => t.note('errors', error),
      });
      const tools = {
        weather: tool({
          description: 'The weather.',
          inputSchema: jsonSchema({ type: 'object', properties: { place: { type: 'string' } } }),
          execute: async ({ place }) => ({ weather: `rain in ${place}` }),
        }),
      };
      const read = async (result) => {
        for await (const part of result.fullStream) t.note('parts', part);
      };

      await read(streamText(shared('words')));
      const withTools = streamText({ ...shared('tools'), tools, stopWhen: stepCountIs(3) });
      await read(withTools);
      t.note('answers', await withTools.text, await withTools.steps, await withTools.usage, await withTools.finishReason);
      const { text, usage, response } = await generateText(shared('words'));
      t.note('answers', text, usage, response);
      const response2 = streamText(shared('words')).toTextStreamResponse();
      t.note('answers', await response2.text());

      await read(streamText(shared('never')));
      await t.attempt('answers', 'never', () => generateText(shared('never')));

      const stopping = new AbortController();
      const stopped = streamText({ ...shared('long'), abortSignal: stopping.signal });
      let seen = 0;
      await t.attempt('parts', 'aborted', async () => {
        for await (const part of stopped.fullStream) {
          t.note('parts', part);
          if (part.type === 'text-delta' && ++seen === HALF) stopping.abort();
        }
      });
    },
  },
});
