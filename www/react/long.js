// A long conversation that nobody had: prose of many lengths, code, lists, tool calls.

const SENTENCES = [
  'The seedlings on the south wall are a week ahead of those in the frame.',
  'Water them in the morning, and not at all on the day before frost.',
  'Beans climb what they find, so the poles come first.',
  'Marigolds between the rows keep the soil covered.',
  'In the second week the paths need straw again.',
  'What the slugs leave is what you may keep.',
];

const CODE = '```js\nconst rows = beds.map((bed) => bed.plants.length);\nconst all = rows.reduce((sum, row) => sum + row, 0);\n```';

/** `{title, generated, messages}` of one with so many messages. */
export function longConversation(count) {
  const messages = Array.from({ length: count }, (_, nth) => (nth % 2 ? answer(nth) : question(nth)));
  return { title: `${count.toLocaleString('en')} messages`, generated: count, messages };
}

function question(nth) {
  return { id: `long-${nth}`, role: 'user', text: `${nth / 2 + 1}. ${pick(nth)} What next?` };
}

function answer(nth) {
  const blocks = [{ kind: 'text', text: prose(nth) }];
  if (nth % 7 === 0) {
    blocks.unshift({ kind: 'tool', id: `long-tool-${nth}`, name: 'garden_log', about: '', state: 'done', asks: false, input: '{}', result: pick(nth + 3) });
  }
  return { id: `long-${nth}`, role: 'assistant', blocks, growing: false };
}

function prose(nth) {
  const paragraphs = Array.from({ length: 1 + (nth % 4) }, (_, at) =>
    Array.from({ length: 1 + ((nth + at) % 5) }, (_, of) => pick(nth + at + of)).join(' '));
  if (nth % 5 === 0) paragraphs.push(`- ${pick(nth)}\n- **${pick(nth + 1)}**\n- ${pick(nth + 2)}`);
  if (nth % 11 === 0) paragraphs.push(CODE);
  return paragraphs.join('\n\n');
}

const pick = (nth) => SENTENCES[nth % SENTENCES.length];
