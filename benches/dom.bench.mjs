// What the observer costs: main-thread time for each token that is streamed into a page of 5,000
// messages, with the observer and without, in the same browser and by turns.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { setTimeout as wait } from 'node:timers/promises';
import { CLASSIC, startBench } from '../tests/browser/product/bench.mjs';

const MESSAGES = 5_000;
const TOKENS = process.env.QUICK ? 10 : 240;
const ROUNDS = process.env.QUICK ? 1 : 5;
// A token comes with about every second frame.
const PACE_MS = 30;

// What is installed, by attributes of the script. Nothing: the page alone.
const KINDS = {
  'the page alone': null,
  'wire tapped, no observer': 'data-dom="false"',
  'wire tapped, observer': 'data-dom="true"',
  'observer alone': 'data-dom="true" data-wire="false"',
};

const PATH = '/api/organizations/o/chat_conversations/c/completion';

// Streams tokens as the service does.
const door = {
  async request(request, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const say = (record) => response.write(`event: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`);
    say({ type: 'message_start', message: { id: 'chatcompl_1', uuid: 'u', model: 'm' } });
    say({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    for (let at = 0; at < TOKENS; at++) {
      say({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ` word${at}` } });
      await wait(PACE_MS);
    }
    say({ type: 'content_block_stop', index: 0 });
    say({ type: 'message_delta', delta: { stop_reason: 'end_turn' } });
    say({ type: 'message_stop' });
    response.end();
  },
};

// In the page: a conversation as such sites draw it, and one more turn.
function page(messages) {
  const region = document.createElement('main');
  region.dataset.testid = 'conversation';
  const list = region.appendChild(document.createElement('div'));
  const controls = region.appendChild(document.createElement('fieldset'));
  const control = controls.appendChild(document.createElement('button'));
  control.dataset.testid = 'send-button';
  const add = (role, text) => {
    const turn = list.appendChild(document.createElement('div'));
    const message = turn.appendChild(document.createElement('div'));
    message.dataset.testid = `${role}-message`;
    const prose = message.appendChild(document.createElement('div'));
    prose.dataset.testid = `${role}-text`;
    for (let at = 0; at < 3; at++) prose.appendChild(document.createElement('p')).textContent = `${text} ${at}`;
    return { message, prose };
  };
  for (let at = 0; at < messages / 2; at++) {
    add('user', `question ${at}`);
    add('assistant', `answer ${at}`);
  }
  document.body.append(region);

  window.stream = async (path) => {
    add('user', 'one more');
    control.dataset.testid = 'stop-button';
    const { message, prose } = add('assistant', '');
    message.dataset.isStreaming = 'true';
    const text = prose.lastChild.appendChild(document.createTextNode(''));
    const response = await fetch(path, { method: 'POST', body: JSON.stringify({ prompt: 'one more' }) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (const [, data] of value.matchAll(/^data: (.*)$/gm)) text.data += JSON.parse(data).delta?.text ?? '';
    }
    message.dataset.isStreaming = 'false';
    control.dataset.testid = 'send-button';
  };
}

const bench = await startBench({ doors: { [PATH]: door } });

async function open(attributes) {
  const script = attributes === null ? '' : CLASSIC.replace('<script', `<script ${attributes}`);
  const opened = await bench.open({ path: `/chat/c?${Math.random()}`, head: script });
  await opened.evaluate(page, MESSAGES);
  // An observer that nobody listens to does nothing.
  if (attributes !== null) await opened.evaluate(() => __claudeHooks.on('*', () => {}));
  const session = await bench.context.newCDPSession(opened);
  await session.send('Performance.enable');
  return { opened, session };
}

async function spent(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}

const micros = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [kind, attributes] of Object.entries(KINDS)) {
    process.stderr.write(`dom: round ${round + 1} of ${ROUNDS}, ${kind}\n`);
    const { opened, session } = await open(attributes);
    // The first turn is not counted: code is compiled in it.
    if (round === 0) await opened.evaluate((path) => stream(path), PATH);
    const before = await spent(session);
    await opened.evaluate((path) => stream(path), PATH);
    const after = await spent(session);
    micros[kind].push(((after - before) / TOKENS) * 1e6);
    await opened.close();
  }
}
await bench.close();

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const base = median(micros['wire tapped, no observer']);
const rows = Object.entries(micros).map(([kind, all]) => ({
  kind,
  microsPerToken: Math.round(median(all)),
  ratio: +(median(all) / base).toFixed(3),
}));
const about = `main-thread time per token, page of ${MESSAGES} messages, ${ROUNDS} rounds of ${TOKENS} tokens; ratio to the tap without observer`;
console.log(JSON.stringify({ name: 'dom', about, rows }));
