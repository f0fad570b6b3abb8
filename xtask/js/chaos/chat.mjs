// The site of a chaos run: a page that asks and reads without end, and exports what its tap tells.
//
// The answers are cases of the corpus, their ids anew each time, at the pace of a fast model. No timer
// of the page's has a part in it: those of a hidden tab are slow.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

const ROOT = new URL('../../../', import.meta.url);
const CASES = ['connector-tool', 'follow-up', 'resumed'];
const IDS = /toolu_\w+|chatcompl_\w+|req_\w+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const GAP_MS = 12;

// Runs in the page. Chromium opens six connections to a name for all tabs together: each has a name of its own
// for its answers.
function chat({ port, to, format }) {
  window.conversation = crypto.randomUUID();
  const host = `t${conversation.slice(0, 8)}.localhost:${port}`;
  const url = `http://${host}/api/organizations/o/chat_conversations/${conversation}/completion`;
  window.exported = __claudeHooks.export({ to, format });
  __claudeHooks.on('*', ({ type, seq, code }) => told({ heard: [type, seq, code ?? null] }));
  let resting = false;
  const asking = (async () => {
    while (!resting) {
      try {
        const response = await fetch(url, { method: 'POST', body: JSON.stringify({ prompt: 'Go on.' }) });
        for (const reader = response.body.getReader(); !(await reader.read()).done;);
      } catch {
        // Cut off by going away, and the page came back.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  })();
  /** Asks no more; resolves when the last answer has been read. */
  window.rest = () => {
    resting = true;
    return asking;
  };
}

export async function startChat() {
  const script = readFileSync(new URL('dist/pagetap.js', ROOT));
  const answers = CASES.map((name) => readFileSync(new URL(`tests/corpus/claudeai/${name}/input.sse`, ROOT), 'utf8'));
  let served = 0;
  let settings;

  async function answer(response) {
    const fresh = new Map();
    const renewed = (id) => {
      if (!fresh.has(id)) fresh.set(id, id.replace(/[0-9a-zA-Z-]{22,}$/, () => (id.includes('-') ? randomUUID() : randomUUID().replaceAll('-', '').slice(0, 24))));
      return fresh.get(id);
    };
    const text = answers[served++ % answers.length].replace(IDS, renewed);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'access-control-allow-origin': '*' });
    for (const record of text.split(/(?<=\n\n)/)) {
      if (response.destroyed) return;
      response.write(record);
      await wait(GAP_MS);
    }
    response.end();
  }

  const server = createServer((request, response) => {
    const { url, method } = request;
    request.resume();
    if (method === 'POST') return void answer(response);
    if (url === '/pagetap.js') return response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    if (url === '/other') return response.end('<!doctype html><link rel="icon" href="data:,"><title>other</title>');
    const given = JSON.stringify(settings);
    response.end(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>chat</title>
      <script src="/pagetap.js"></script><script>(${chat})(${given})</script>`);
  });
  // A client that goes away is an ordinary event here.
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  const origin = `http://127.0.0.1:${port}`;
  return {
    page: `${origin}/`,
    other: `${origin}/other`,
    /** Where pages send, and in which format. */
    exports: ({ to, format }) => (settings = { port, to, format }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
