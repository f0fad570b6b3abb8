// An answer of the Messages API of any length: text, thinking and tool calls by turns, in events of the
// size that the service sends. Made as it is sent; nothing of it is kept.

const WORDS = 'the answer of a model comes word by word über Wörter 言葉 and 🌊 then "quoted" again'.split(' ');
const DELTAS_PER_BLOCK = 2000;

const event = (record) => `event: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`;

// 15 to 60 characters, the same for the same number.
function piece(number) {
  const count = 3 + (number * 7) % 9;
  return Array.from({ length: count }, (_, at) => `${WORDS[(number * 5 + at * 3) % WORDS.length]} `).join('');
}

// The index is filled in later.
const INDEX = 987654321;

function block(start, delta) {
  const said = [event({ type: 'content_block_start', index: INDEX, content_block: start })];
  for (let at = 0; at < DELTAS_PER_BLOCK; at++) said.push(event({ type: 'content_block_delta', index: INDEX, delta: delta(at) }));
  said.push(event({ type: 'content_block_stop', index: INDEX }));
  return said.join('');
}

const json = (at) => (at === 0 ? '{"file_path":"/a","content":"' : at === DELTAS_PER_BLOCK - 1 ? '"}' : JSON.stringify(piece(at)).slice(1, -1));
const text = block({ type: 'text', text: '' }, (at) => ({ type: 'text_delta', text: piece(at) }));
const thinking = block({ type: 'thinking', thinking: '' }, (at) => ({ type: 'thinking_delta', thinking: piece(at) }));
const tool = block({ type: 'tool_use', id: `toolu_${INDEX}`, name: 'Write', input: {} }, (at) => ({ type: 'input_json_delta', partial_json: json(at) }));
const BLOCKS = [text, tool, text, thinking];

/** What begins an answer. */
export const beginning = (id) =>
  Buffer.from(event({ type: 'message_start', message: { id, type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } } }));

/** Its block of that index: some 300 KB. */
export const blockOf = (index) => Buffer.from(BLOCKS[index % BLOCKS.length].replaceAll(String(INDEX), String(index)));

/** What ends it. */
export const ending = () =>
  Buffer.from(event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }) + event({ type: 'message_stop' }));

/** A short answer with a tool call: what a person gets, at some turn of the week. */
export function turnOf(number) {
  const said = [{ type: 'message_start', message: { id: `msg_${number}`, type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } } }];
  const block = (index, start, deltas) => {
    said.push({ type: 'content_block_start', index, content_block: start });
    for (const delta of deltas) said.push({ type: 'content_block_delta', index, delta });
    said.push({ type: 'content_block_stop', index });
  };
  block(0, { type: 'text', text: '' }, Array.from({ length: 40 }, (_, at) => ({ type: 'text_delta', text: piece(number + at) })));
  block(1, { type: 'tool_use', id: `toolu_${number}`, name: 'Read', input: {} }, [{ type: 'input_json_delta', partial_json: `{"file_path":"/notes/${number}"}` }]);
  return Buffer.from(said.map(event).join('')) + ending();
}
