// MCP's client sees the same with and without the tap, over each of its transports and against the
// same package's server.

import { after, before } from 'node:test';
import { identical, startPeers } from './peers/identical.mjs';
import { mcpDoors } from './peers/mcp_doors.mjs';

let peers;
before(async () => {
  peers = await startPeers('peers/mcp.page', mcpDoors);
});
after(() => peers?.close());

// A stream may be open until the client goes. It has read what there is of it.
const cut = () => true;
// It asks for a stream of the server's own, and waits for no answer.
const isGet = ({ method }) => method === 'GET';

identical('the MCP client', () => peers, {
  'Streamable HTTP': { connects: true, cut },
  'Streamable HTTP, a stream is taken up again': { connects: true, cut },
  'Streamable HTTP, answers in JSON': { connects: true, unread: isGet, asked: ({ exchanges }) => exchanges.some(isGet) },
  // What is answered to a POST means nothing here.
  'HTTP+SSE': { connects: true, cut, unread: ({ method }) => method === 'POST' },
  WebSocket: { connects: true },
  'no server': { unread: () => true },
});
