// In the page: OpenAI's client.

import OpenAI from 'openai';
import { stage } from './transcript.mjs';

const MESSAGES = [{ role: 'user', content: 'Hello?' }];
const TOOLS = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { place: { type: 'string' } } } } }];
const HALF = 4;

stage({
  openai: {
    make: () => new OpenAI({ baseURL: `${location.origin}/openai/v1`, apiKey: 'key', dangerouslyAllowBrowser: true, maxRetries: 1 }),

    async go(t, client) {
      const { completions } = client.chat;
      const ask = (model, options) => completions.create({ model, messages: MESSAGES, stream: true }, options);
      const read = async (stream) => {
        for await (const chunk of stream) t.note('chunks', chunk);
      };

      await read(await ask('words'));
      t.note('answers', await completions.create({ model: 'words', messages: MESSAGES }));
      const { data, response, request_id } = await completions.create({ model: 'words', messages: MESSAGES }).withResponse();
      t.note('answers', data.id, response.status, response.url, [...response.headers], request_id);

      const runner = completions.runTools({
        model: 'tools',
        stream: true,
        messages: MESSAGES,
        tools: [{ type: 'function', function: { ...TOOLS[0].function, parse: JSON.parse, function: ({ place }) => `rain in ${place}` } }],
      });
      for (const name of ['content', 'message', 'functionToolCall', 'functionToolCallResult', 'chatCompletion', 'end']) {
        runner.on(name, (...values) => t.note('runner', name, ...values));
      }
      t.note('runner', await runner.finalContent());

      const events = client.responses.stream({ model: 'words', input: 'Hello?' });
      for await (const event of events) t.note('events', event);
      t.note('events', await events.finalResponse());

      await read(await ask('busy'));
      await t.attempt('answers', 'never', () => ask('never'));
      await t.attempt('answers', 'never', () => ask('never', { maxRetries: 0 }));

      const stopped = await ask('long');
      let seen = 0;
      for await (const chunk of stopped) {
        t.note('chunks', chunk);
        if (++seen === HALF) break;
      }
      const aborted = await ask('long');
      await t.attempt('chunks', 'aborted', async () => {
        for await (const chunk of aborted) {
          t.note('chunks', chunk);
          if (++seen === 2 * HALF) aborted.controller.abort();
        }
      });
      const lost = await ask('lost');
      await t.attempt('chunks', 'lost', async () => {
        for await (const chunk of lost) {
          t.note('chunks', chunk);
          if (++seen === 3 * HALF) await fetch('/openai/lose').then((response) => response.text());
        }
      });

      const [one, two] = (await ask('words')).tee();
      await Promise.all([read(one), two.toReadableStream().pipeTo(new WritableStream())]);
    },
  },
});
