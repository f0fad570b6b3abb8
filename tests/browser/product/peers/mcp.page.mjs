// In the page: MCP's client over its three transports for browsers.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { stage } from './transcript.mjs';

const at = (path) => new URL(path, location.href);
const streamable = (path) => new StreamableHTTPClientTransport(at(path), { reconnectionOptions: LATER });
// A stream that ends is not taken up again unless the server says when: that would be a race with the end.
const LATER = { initialReconnectionDelay: 600_000, maxReconnectionDelay: 600_000, reconnectionDelayGrowFactor: 1, maxRetries: 2 };
const socket = (path) => new WebSocketClientTransport(at(path.replace(/^/, location.origin.replace('http', 'ws'))));

function client(t) {
  const made = new Client(
    { name: 'page', version: '1.0.0' },
    { capabilities: { elicitation: {}, sampling: {}, roots: { listChanged: true } } },
  );
  for (const schema of [ToolListChangedNotificationSchema, ResourceUpdatedNotificationSchema, LoggingMessageNotificationSchema]) {
    made.setNotificationHandler(schema, ({ method, params }) => t.note('notifications', method, params));
  }
  const answers = [
    [ElicitRequestSchema, { action: 'accept', content: { name: 'Ü' } }],
    [CreateMessageRequestSchema, { model: 'm', role: 'assistant', content: { type: 'text', text: 'Something.' }, stopReason: 'endTurn' }],
    [ListRootsRequestSchema, { roots: [{ uri: 'file:///root', name: 'root' }] }],
  ];
  for (const [schema, answer] of answers) {
    made.setRequestHandler(schema, ({ method, params }) => {
      t.note('asked', method, params);
      return answer;
    });
  }
  // Whether a stream ends of itself before its client goes is a matter of chance.
  made.onerror = (error) => made.going || t.note('errors', error);
  made.onclose = () => t.note('closed');
  return made;
}

const over = (makeTransport, { events = true } = {}) => ({
  make(t) {
    // Notifications, answers and errors can come over connections of their own.
    t.order = null;
    return { client: client(t), transport: makeTransport() };
  },

  async connect(t, { client, transport }) {
    await client.connect(transport);
    t.note('server', client.getServerVersion(), client.getServerCapabilities(), client.getInstructions());
    t.note('transport', transport.protocolVersion ?? null, typeof transport.sessionId);
    // With it, the server's own stream is known to be open.
    if (!events) return;
    t.note('calls', await client.callTool({ name: 'change' }));
    await t.until('notifications', 2);
  },

  async go(t, { client, transport }) {
    const call = (name, args, options) =>
      t.attempt('calls', name, () => client.callTool({ name, arguments: args }, undefined, options));

    await t.attempt('calls', 'ping', () => client.ping());
    const { tools, nextCursor } = await client.listTools();
    t.note('calls', tools, nextCursor, await client.listTools({ cursor: nextCursor }));
    await call('add', { a: 1, b: 2 });
    await call('large');
    await call('media');
    await call('fail');
    await call('refuse');
    await call('nothing like it');
    const several = [1, 2, 3, 4, 5].map((a) => client.callTool({ name: 'add', arguments: { a, b: a } }));
    t.note('calls', await Promise.all(several));
    await t.attempt('calls', 'resources', () => client.listResources());
    await t.attempt('calls', 'read', () => client.readResource({ uri: 'peer://a' }));
    await t.attempt('calls', 'read', () => client.readResource({ uri: 'peer://b' }));
    await t.attempt('calls', 'subscribe', () => client.subscribeResource({ uri: 'peer://a' }));
    await t.attempt('calls', 'prompts', () => client.listPrompts());
    await t.attempt('calls', 'prompt', () => client.getPrompt({ name: 'greet', arguments: { who: 'Ü' } }));
    await t.attempt('calls', 'complete', () => client.complete({ ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: '' } }));
    await client.sendRootsListChanged();

    if (events) {
      await call('count', { to: 3 }, { onprogress: (progress) => t.note('progress', progress) });
      await call('log');
      await t.until('notifications', 4);
      await call('ask');
      await call('sample');
      await call('roots');
      const stopping = new AbortController();
      const stop = () => stopping.abort('enough');
      await call('slow', {}, { signal: stopping.signal, onprogress: stop });
      await t.until('notifications', 5);
    }

    if (transport.terminateSession) {
      await transport.terminateSession();
      await t.attempt('calls', 'after the session', () => client.callTool({ name: 'add', arguments: { a: 1, b: 1 } }));
    } else {
      const progress = new Promise((onprogress) => call('slow', {}, { onprogress }));
      await progress;
      await client.notification({ method: 'peer/leave' });
      // One transport is closed then, the other would begin anew.
      await t.until(transport instanceof WebSocketClientTransport ? 'closed' : 'errors', 1);
    }
    client.going = true;
    await client.close();
    await t.attempt('calls', 'after the end', () => client.ping());
  },
});

stage({
  'Streamable HTTP': over(() => streamable('/mcp/stream')),
  'Streamable HTTP, a stream is taken up again': {
    ...over(() => streamable('/mcp/resumable')),
    async go(t, { client }) {
      const tokens = [];
      const options = { onresumptiontoken: (token) => tokens.push(token) };
      t.note('calls', await client.callTool({ name: 'cut' }, undefined, options));
      t.note('calls', await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }, undefined, options));
      t.note('calls', tokens);
      client.going = true;
      await client.close();
    },
  },
  'Streamable HTTP, answers in JSON': over(() => streamable('/mcp/json'), { events: false }),
  'HTTP+SSE': over(() => new SSEClientTransport(at('/legacy'))),
  WebSocket: over(() => socket('/socket')),

  'no server': {
    make: (t) => [streamable('/mcp/nowhere'), new SSEClientTransport(at('/mcp/nowhere')), socket('/nowhere')].map((transport) => ({ client: client(t), transport })),
    async go(t, pairs) {
      for (const { client, transport } of pairs) await t.attempt('calls', 'connect', () => client.connect(transport));
    },
  },
});
