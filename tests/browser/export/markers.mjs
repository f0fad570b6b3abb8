// A turn that has a marker wherever content can be: asked, thought, called, answered.

export const PROMPT = 'MARKER-PROMPT-quokka';

/** What of it is in which class. */
export const MARKERS = {
  prompts: [PROMPT],
  answers: ['MARKER-ANSWER-quokka'],
  thinking: ['MARKER-THINKING-quokka'],
  toolInputs: ['MARKER-INPUT-quokka'],
  toolResults: ['MARKER-RESULT-quokka'],
};

const sse = (...records) => records.map((record) => `event: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`).join('');
const block = (index, content_block, ...deltas) => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const turn = (id, stop_reason, ...blocks) => sse(
  { type: 'message_start', message: { id, type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 3, output_tokens: 1 } } },
  ...blocks.flat(),
  { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
);

const user = { role: 'user', content: PROMPT };
const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'MARKER-INPUT-quokka' } };

/** Its exchanges: the messages of a request to /v1/messages, and the answer. */
export const EXCHANGES = [
  {
    messages: [user],
    answer: turn('msg_1', 'tool_use',
      block(0, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: 'MARKER-THINKING-quokka' }),
      block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'MARKER-ANSWER-quokka' }),
      block(2, { ...call, input: {} }, { type: 'input_json_delta', partial_json: JSON.stringify(call.input) })),
  },
  {
    messages: [user, { role: 'assistant', content: [call] }, {
      role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'MARKER-RESULT-quokka' }],
    }],
    answer: turn('msg_2', 'end_turn', block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'MARKER-ANSWER-quokka' })),
  },
];
