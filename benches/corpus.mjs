// What the benchmarks stream: responses of the Messages API made from a seed, and ways of cutting them
// into chunks. Runs in Node and in a page; the same seed gives the same bytes in both.

/** Numbers below 1 from a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = `the of stream and a page to in is chunk that it reads for was on are as with they at bytes be this
from have or by one had not but what all were when we there can an your which their said if do will each about how
up out them then she many some so these would other into has more her two like him see time could no make than
first been its who now people my made over did down only way find use may water long little very after words called
just where most know function return const await "quoted" back\\slash`.split(/\s+/);
const CJK = [...'的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏兴拉'];
const EMOJI = ['🙂', '🚀', '👩‍💻', '🌊', '✅', '🇪🇺'];

/** A record as the service writes it. */
const record = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

/** A response: `blocks` of `{ start, deltas }`, as records. */
function response(blocks) {
  const usage = { input_tokens: 25, output_tokens: 1 };
  const message = {
    id: 'msg_bench', type: 'message', role: 'assistant', model: 'claude-bench', content: [],
    stop_reason: null, stop_sequence: null, usage,
  };
  const records = [record({ type: 'message_start', message }), record({ type: 'ping' })];
  blocks.forEach(({ start, deltas }, index) => {
    records.push(record({ type: 'content_block_start', index, content_block: start }));
    for (const delta of deltas) records.push(record({ type: 'content_block_delta', index, delta }));
    records.push(record({ type: 'content_block_stop', index }));
  });
  records.push(record({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 900 } }));
  records.push(record({ type: 'message_stop' }));
  return records;
}

/** What is written in such a response, from one source of chance. */
function writer(chance) {
  const below = (limit) => Math.floor(chance() * limit);
  const many = (count, one) => Array.from({ length: count }, one);
  const word = () => WORDS[below(WORDS.length)];
  // One to four words: what a token or two are.
  const piece = () => many(1 + below(4), () => ` ${word()}`).join('') + (below(12) ? '' : '.\n\n');
  const far = () => many(1 + below(6), () => (below(9) ? CJK[below(CJK.length)] : EMOJI[below(EMOJI.length)])).join('');
  const texts = (count, piece) => ({
    start: { type: 'text', text: '' },
    deltas: many(count, () => ({ type: 'text_delta', text: piece() })),
  });
  return {
    below,
    many,
    word,
    text: (count) => texts(count, piece),
    far: (count) => texts(count, far),
    thinking: (count) => ({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...many(count, () => ({ type: 'thinking_delta', thinking: piece() })),
        { type: 'signature_delta', signature: many(24, () => below(2 ** 32).toString(36)).join('') },
      ],
    }),
    tool(id, count) {
      const lines = many(count, () => `${many(1 + below(4), word).join(' ')}\n`);
      const input = JSON.stringify({ path: '/src/main.js', lines });
      // Cut as the service cuts it: anywhere.
      const pieces = [''];
      for (let at = 0; at < input.length;) {
        const next = at + 4 + below(28);
        pieces.push(input.slice(at, next));
        at = next;
      }
      return {
        start: { type: 'tool_use', id, name: 'write_file', input: {} },
        deltas: pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      };
    },
    result(id, bytes) {
      let text = '';
      while (text.length < bytes) text += `${many(9, word).join(' ')}\n`;
      const content = text.match(/[^]{1,65536}/g).map((text) => ({ type: 'text', text }));
      return { start: { type: 'mcp_tool_result', tool_use_id: id, is_error: false, content }, deltas: [] };
    },
  };
}

const CALL = { start: { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'read', server_name: 'files', input: {} }, deltas: [] };

function mixed(write) {
  return response(write.many(10, (_, at) => [
    write.thinking(100), write.text(200), write.tool(`toolu_${at}`, 120),
  ]).flat());
}

const CORPORA = {
  text: (write) => response(write.many(10, () => write.text(500))),
  mixed,
  crlf: (write) => mixed(write).map((text) => text.replaceAll('\n', '\r\n')),
  cjk: (write) => response(write.many(10, () => write.far(500))),
  // One result of 1 MB among words.
  result: (write) => response([write.text(200), CALL, write.result('mcptoolu_1', 1_000_000), write.text(200)]),
  // One line of 10 MB.
  line: (write) => response([CALL, write.result('mcptoolu_1', 10_000_000)]),
};

/** Names of what `corpus` makes. */
export const NAMES = Object.keys(CORPORA);

/** The records of such a response as bytes, one element for each. */
export function corpus(name, seed = 1) {
  const encoder = new TextEncoder();
  return CORPORA[name](writer(random(seed))).map((text) => encoder.encode(text));
}

/** All of it as one. */
export function joined(records) {
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

const even = (size) => () => size;
const SIZES = {
  // As a network would: 100 B to 16 KB, small ones as often as large ones.
  net: (chance) => () => Math.floor(100 * (16384 / 100) ** chance()),
  '16k': () => even(16 << 10),
  '64k': () => even(64 << 10),
};

/** Names of the ways to cut. */
export const CUTS = ['event', ...Object.keys(SIZES)];

/** The records in chunks: one in each (`event`), or of sizes that do not care for records. */
export function chunks(records, cut, seed = 1) {
  if (cut === 'event') return records;
  const bytes = joined(records);
  const size = SIZES[cut](random(seed));
  const pieces = [];
  for (let at = 0; at < bytes.length;) {
    const next = at + size();
    pieces.push(bytes.slice(at, next));
    at = next;
  }
  return pieces;
}
