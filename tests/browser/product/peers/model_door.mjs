// Model services as their clients know them, each answer by the name of the model that is asked:
//
//   words   a text                    tools   a call of `weather`; then, with its result, a text
//   busy    is refused, once          never   is refused, always
//   lost    half of a text; POST /openai/lose loses the connection
//   long    half of a text

import { setImmediate as turn } from 'node:timers/promises';
import { pieces, randomCuts } from '../cuts.mjs';

const WORDS = ['Ü', 'ber ', '𝄞 ', 'und\n', '"mehr".'];
const INPUT = ['{"pl', 'ace":"Kö', 'ln"}'];

const record = (data, name) => `${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

// OpenAI's chat completions.
const chat = {
  stream({ model, messages }) {
    const chunk = (delta, finish_reason = null) =>
      record({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta, finish_reason }] });
    const call = (fields) => chunk({ tool_calls: [{ index: 0, ...fields }] });
    const called = model === 'tools' && messages.at(-1).role !== 'tool';
    const middle = called
      ? [call({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }), ...INPUT.map((text) => call({ function: { arguments: text } }))]
      : WORDS.map((content) => chunk({ content }));
    return [chunk({ role: 'assistant', content: called ? null : '' }), ...middle, chunk({}, called ? 'tool_calls' : 'stop'), record('[DONE]')];
  },
  whole: ({ model }) => ({
    id: 'chatcmpl-1', object: 'chat.completion', created: 1, model,
    choices: [{ index: 0, message: { role: 'assistant', content: WORDS.join('') }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  }),
  refusal: { error: { message: 'Too many requests.', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
};

// OpenAI's responses.
const responses = {
  stream({ model }) {
    let sequence_number = 0;
    const event = (type, fields) => record({ type, sequence_number: sequence_number++, ...fields }, type);
    const response = { id: 'resp_1', object: 'response', created_at: 1, model, status: 'in_progress', output: [] };
    const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const part = { type: 'output_text', text: WORDS.join(''), annotations: [] };
    const done = { ...item, status: 'completed', content: [part] };
    return [
      event('response.created', { response }),
      event('response.output_item.added', { output_index: 0, item }),
      event('response.content_part.added', { ...at, part: { ...part, text: '' } }),
      ...WORDS.map((delta) => event('response.output_text.delta', { ...at, delta })),
      event('response.output_text.done', { ...at, text: part.text }),
      event('response.content_part.done', { ...at, part }),
      event('response.output_item.done', { output_index: 0, item: done }),
      event('response.completed', { response: { ...response, status: 'completed', output: [done] } }),
    ];
  },
  refusal: chat.refusal,
};

// Anthropic's messages.
const messages = {
  stream({ model, messages }) {
    const event = (type, fields) => record({ type, ...fields }, type);
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage };
    const called = model === 'tools' && messages.length === 1;
    const content_block = called ? { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} } : { type: 'text', text: '' };
    const delta = (text) => (called ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text });
    return [
      event('message_start', { message }),
      event('content_block_start', { index: 0, content_block }),
      event('ping'),
      ...(called ? INPUT : WORDS).map((text) => event('content_block_delta', { index: 0, delta: delta(text) })),
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason: called ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } }),
      event('message_stop'),
    ];
  },
  whole: ({ model }) => ({
    id: 'msg_1', type: 'message', role: 'assistant', model, content: [{ type: 'text', text: WORDS.join('') }],
    stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 2 },
  }),
  refusal: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
};

const APIS = { '/openai/v1/chat/completions': chat, '/openai/v1/responses': responses, '/anthropic/v1/messages': messages };

export function modelDoor(ledger) {
  const asked = new Map();

  async function send(response, records, model) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const broken = model === 'lost' || model === 'long';
    const bytes = Buffer.from((broken ? records.slice(0, records.length / 2) : records).join(''));
    for (const piece of pieces(bytes, randomCuts(bytes.length, bytes.length, 200))) {
      await new Promise((written) => response.write(piece, written));
      await turn();
    }
    if (!broken) response.end();
  }

  return {
    async request(request, response) {
      ledger.exchange(request, response);
      // The clients show their callers the headers.
      response.sendDate = false;
      if (request.url === '/openai/lose') {
        for (const held of asked.get(ledger.keyOf(request)).held) held.socket.resetAndDestroy();
        return response.end('{}');
      }
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks));
      const key = ledger.keyOf(request);
      const page = asked.get(key) ?? { busy: 0, held: [] };
      asked.set(key, page);
      const api = APIS[request.url];
      if (body.model === 'never' || (body.model === 'busy' && page.busy++ === 0)) {
        response.writeHead(529, { 'content-type': 'application/json', 'retry-after-ms': '1', 'retry-after': '0' });
        return response.end(JSON.stringify(api.refusal));
      }
      if (!body.stream) {
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.end(JSON.stringify(api.whole(body)));
      }
      if (body.model === 'lost') page.held.push(response);
      await send(response, api.stream(body), body.model);
    },
  };
}
