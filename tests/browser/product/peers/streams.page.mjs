// In the page: clients of event streams that connect again by themselves.

import { EventSource as FetchEventSource } from 'eventsource';
import { stage } from './transcript.mjs';

const say = async (order) => {
  const response = await fetch('/feed/say', { method: 'POST', body: JSON.stringify(order) });
  await response.json();
};

const RECORDS = [
  'data: one\n\n',
  'id: 7\nevent: tick\ndata: two\ndata: lines\n\n',
  ': a comment\n\nevent: tick\n\n',
  'id: 8\r\ndata: {"text":"ü, 𝄞"}\r\n\r\n',
  'data\n\nid\ndata:  two blanks\n\n',
  'event: unheard\nid: 9\ndata: nobody listens\n\n',
  'unknown: field\nevent: message\ndata: a message\n\n',
  `event: tick\ndata: ${'ü, 𝄞. '.repeat(10_000)}\n\n`,
  'id: 10\nevent: late\ndata: last\n\n',
];

function listen(t, source) {
  source.onmessage = (event) => t.note('events', 'handler', event);
  const note = (event) => t.note('events', event);
  for (const name of ['message', 'hello', 'tick', 'open']) source.addEventListener(name, note);
  source.addEventListener('error', ({ type, code, message }) => t.note('events', type, code, message, source.readyState));
  return source;
}

const feed = (Class, path) => ({
  async make(t) {
    const source = listen(t, new Class(path, { withCredentials: true }));
    await t.until('events', 2);
    return source;
  },
  async go(t, source) {
    const late = (event) => t.note('late', event);
    source.addEventListener('late', late);
    const removed = (event) => t.note('late', 'removed', event);
    source.addEventListener('late', removed);
    source.removeEventListener('late', removed);
    await say({ to: path, text: RECORDS.join('') });
    await t.until('late', 1);
    // An error, an opening and a greeting each time.
    const before = t.count('events');
    await say({ to: path, end: true });
    await t.until('events', before + 3);
    await say({ to: path, text: 'data: again\n\nevent: late\ndata: again\n\n' });
    await t.until('late', 2);
    await say({ to: path, drop: true });
    await t.until('events', before + 8);
    t.note('events', 'is', source instanceof Class, source.constructor === Class, source.url, source.withCredentials, source.readyState, Class.CLOSED);
    source.close();
    t.note('events', 'state', source.readyState);

    for (const refusal of ['404', '204', '500', 'html']) {
      const refused = listen(t, new Class(`${path}/${refusal}`));
      await new Promise((failed) => refused.addEventListener('error', failed));
      t.note('events', refusal, refused.readyState);
      refused.close();
    }
    await t.attempt('events', 'address', () => new Class('http://['));
  },
});

stage({
  EventSource: feed(EventSource, '/feed/native'),
  eventsource: feed(FetchEventSource, '/feed/fetch'),
});
