// Addresses that mean something only because of what came before: where an MCP
// server wants messages posted to, and where a session is ended. They are learnt as
// the page learns them, for its next request may follow at once.

const { URL } = globalThis;

// Addresses kept; the oldest is forgotten first.
const KEPT = 64;
// An event stream that announces an address does so at its very beginning.
const BEGINNING = 2000;

// The first record of HTTP+SSE (2024-11-05), after comments and blank lines.
const ENDPOINT = /^(?:(?::.*)?\r?\n)*event: ?endpoint\r?\ndata: ?(.*)\r?\n/;

// Only as long as the dialects' addresses are what is wanted.
export function links({ match = 'dialects' }) {
  if (match !== 'dialects') return;
  const decoder = new TextDecoder();
  const known = new Set();

  function learn(method, url) {
    known.add(`${method} ${url}`);
    if (known.size > KEPT) known.delete(known.values().next().value);
  }

  function announced(stream, address) {
    stream.beginning = undefined;
    try {
      const { href, origin } = new URL(address, stream.url);
      // Clients refuse any other.
      if (origin === new URL(stream.url).origin) learn('POST', href);
    } catch {
      // No address: the core reports what it thinks of the record.
    }
  }

  return {
    knows: (url, method) => known.has(`${method} ${url}`),
    opened(stream, headers) {
      const streams = headers.includes('event-stream');
      // Streamable HTTP: the address that messages go to also ends the session.
      if (stream.method === 'POST' && streams && headers.includes('json')) learn('DELETE', stream.url);
      if (stream.method === 'GET' && streams) stream.beginning = '';
    },
    // Bytes of a body, or a message with its event's name.
    came(stream, data, event) {
      if (stream.beginning === undefined) return;
      if (event === 'endpoint') return announced(stream, data);
      if (typeof data !== 'object') return;
      stream.beginning += decoder.decode(data);
      const found = ENDPOINT.exec(stream.beginning);
      if (found) announced(stream, found[1]);
      else if (stream.beginning.length > BEGINNING) stream.beginning = undefined;
    },
  };
}
