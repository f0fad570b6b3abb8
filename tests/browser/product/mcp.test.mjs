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

// The server's own stream is open until the client goes; so is the one of a call that was cancelled.
const endless = ({ method, request }) => method === 'GET' || request.includes('"slow"');

identical('the MCP client', () => peers, {
  'Streamable HTTP': { connects: true, cut: endless },
  'Streamable HTTP, a stream is taken up again': { connects: true, cut: endless },
  'Streamable HTTP, answers in JSON': { connects: true, cut: endless },
  // What is answered to a POST means nothing here, and is not read.
  'HTTP+SSE': { connects: true, cut: () => true },
  WebSocket: { connects: true },
  'no server': { cut: () => true },
});
