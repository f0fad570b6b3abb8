// Streamable HTTP: each message is posted; the answer is JSON or a stream.

import { readEvents } from '../../chat/sse.js';

const ADDRESS = '/mcp';

export function streamable(receive) {
  const left = new AbortController();
  let session = null;
  let version = null;

  const headers = () => ({
    ...(session ? { 'mcp-session-id': session } : {}),
    ...(version ? { 'mcp-protocol-version': version } : {}),
  });

  // A record without data only says where one could resume.
  const record = ({ event, data }) => {
    if (data !== '' && (event === '' || event === 'message')) receive(JSON.parse(data));
  };

  async function answered(response) {
    session = response.headers.get('mcp-session-id') ?? session;
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    const type = response.headers.get('content-type') ?? '';
    if (type.includes('text/event-stream')) await readEvents(response.body, record);
    else if (response.status !== 202) receive(await response.json());
  }

  return {
    async send(message) {
      const response = await fetch(ADDRESS, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers() },
        body: JSON.stringify(message),
        signal: left.signal,
      });
      await answered(response);
    },
    began: (agreed) => void (version = agreed),
    /** What the server says by itself. */
    listen() {
      fetch(ADDRESS, { headers: { Accept: 'text/event-stream', ...headers() }, signal: left.signal })
        .then((response) => response.ok && readEvents(response.body, record))
        .catch(() => {});
    },
    close() {
      left.abort();
      if (session) fetch(ADDRESS, { method: 'DELETE', headers: headers(), keepalive: true }).catch(() => {});
    },
  };
}
