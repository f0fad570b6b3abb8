// The MCP server behind each of the package's transports: { '/mcp', '/legacy', '/socket' }.
//
//   /mcp/stream      Streamable HTTP, answers as event streams
//   /mcp/resumable   the same, and a stream that ends can be taken up again
//   /mcp/json        Streamable HTTP, answers as JSON, and no stream of the server's own
//   /legacy          HTTP+SSE
//   /socket          WebSocket

import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebSocketServer } from 'ws';
import { mcpServer } from './mcp_server.mjs';
import { WebSocketServerTransport } from './mcp_websocket.mjs';

export const mcpDoors = (ledger) => ({ '/mcp/': streamable(ledger), '/legacy': legacy(ledger), '/socket': overWebSocket(ledger) });

const WAYS = {
  '/mcp/stream': () => ({}),
  '/mcp/resumable': () => ({ eventStore: new Events(), retryInterval: 1 }),
  '/mcp/json': () => ({ enableJsonResponse: true }),
};

const refuse = (response, status, message) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }));
};

// Keeps what was sent on each stream, under numbers.
class Events {
  #events = [];

  async storeEvent(streamId, message) {
    return String(this.#events.push({ streamId, message }));
  }

  async replayEventsAfter(lastEventId, { send }) {
    const { streamId } = this.#events[lastEventId - 1];
    for (const [index, event] of this.#events.entries()) {
      if (index < lastEventId || event.streamId !== streamId || !event.message.jsonrpc) continue;
      await send(String(index + 1), event.message);
    }
    return streamId;
  }
}

function streamable(ledger) {
  const sessions = new Map();
  let serial = 0;

  function begin(way) {
    const session = {};
    const standalone = new Promise((opened) => (session.opened = opened));
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => `${++serial}`,
      onsessioninitialized: (id) => void sessions.set(id, session),
      onsessionclosed: (id) => void sessions.delete(id),
      ...way(),
    });
    session.transport = transport;
    const server = mcpServer({ standalone: () => standalone, hangUp: () => transport.close() });
    session.connected = server.connect(transport);
    return session;
  }

  return {
    async request(request, response) {
      const { started } = ledger.exchange(request, response);
      const way = WAYS[request.url];
      if (!way) return refuse(response, 404, 'nothing here');
      if (request.url === '/mcp/json' && request.method === 'GET') return refuse(response, 405, 'no stream');
      const id = request.headers['mcp-session-id'];
      const session = id ? sessions.get(id) : begin(way);
      if (!session) return refuse(response, 404, 'Session not found');
      await session.connected;
      if (request.method === 'GET') started.then(session.opened);
      await session.transport.handleRequest(request, response);
    },
    async close() {
      for (const { transport } of sessions.values()) await transport.close();
    },
  };
}

function legacy(ledger) {
  const transports = new Map();
  return {
    async request(request, response) {
      ledger.exchange(request, response);
      if (request.method === 'POST') {
        const id = new URL(request.url, 'http://service').searchParams.get('sessionId');
        const transport = transports.get(id);
        if (!transport) return refuse(response, 404, 'Session not found');
        return transport.handlePostMessage(request, response);
      }
      const transport = new SSEServerTransport('/legacy/messages', response);
      transports.set(transport.sessionId, transport);
      await mcpServer({ standalone: async () => {}, hangUp: () => transport.close() }).connect(transport);
    },
    async close() {
      for (const transport of transports.values()) await transport.close();
    },
  };
}

function overWebSocket(ledger) {
  const server = new WebSocketServer({ noServer: true, handleProtocols: (offered) => offered.has('mcp') && 'mcp' });
  return {
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (opened) => {
        ledger.socket(opened, request);
        const transport = new WebSocketServerTransport(opened);
        mcpServer({ standalone: async () => {}, hangUp: () => transport.close() }).connect(transport);
      });
    },
    close() {
      for (const socket of server.clients) socket.terminate();
    },
  };
}
