// An MCP server with a tool for each thing that can happen between a server and a client, over
// whatever transport it is given.

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  EmptyResultSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const LARGE = 'ü, 𝄞. '.repeat(10_000);

/**
 * A server for one client. `standalone`: resolves when what the server says of itself can reach the
 * client; `hangUp()`: closes the connection, when the client says `peer/leave`.
 */
export function mcpServer({ standalone, hangUp }) {
  const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, prompts: {}, logging: {} };
  const server = new Server({ name: 'peer', version: '1.0.0' }, { capabilities, instructions: 'Ask.' });

  const tools = {
    add: (extra, { a, b }) => ({ ...text(`${a + b}`), structuredContent: { sum: a + b } }),
    large: () => text(LARGE),
    media: () => ({ content: [{ type: 'image', data: 'AAH+/w==', mimeType: 'image/png' }, { type: 'resource_link', uri: 'file:///a', name: 'a' }] }),
    fail: () => ({ ...text('It did not work.'), isError: true }),
    refuse() {
      throw new McpError(ErrorCode.InvalidParams, 'not like this', { field: 'a' });
    },
    async count(extra, { to }) {
      const { progressToken } = extra._meta;
      for (let progress = 1; progress <= to; progress++) {
        await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: to, message: `step ${progress}` } });
        // The client forgets the token when the result comes, whatever came with it.
        await extra.sendRequest({ method: 'ping' }, EmptyResultSchema);
      }
      return text('counted');
    },
    async log(extra) {
      for (const level of ['debug', 'warning']) {
        await extra.sendNotification({ method: 'notifications/message', params: { level, logger: 'peer', data: { level } } });
      }
      return text('logged');
    },
    async ask(extra) {
      const requestedSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
      return text(JSON.stringify(await extra.sendRequest({ method: 'elicitation/create', params: { message: 'Who?', requestedSchema } }, ElicitResultSchema)));
    },
    async sample(extra) {
      const messages = [{ role: 'user', content: { type: 'text', text: 'Say something.' } }];
      return text(JSON.stringify(await extra.sendRequest({ method: 'sampling/createMessage', params: { messages, maxTokens: 10 } }, CreateMessageResultSchema)));
    },
    async roots(extra) {
      return text(JSON.stringify(await extra.sendRequest({ method: 'roots/list' }, ListRootsResultSchema)));
    },
    async slow(extra) {
      const { progressToken } = extra._meta;
      const cancelled = new Promise((aborted) => extra.signal.addEventListener('abort', aborted));
      await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
      await cancelled;
      // Not as part of the call, which is over for the client.
      await server.sendLoggingMessage({ level: 'info', data: 'cancelled' });
      return text('nobody hears this');
    },
    async change() {
      await standalone();
      await server.sendToolListChanged();
      await server.sendResourceUpdated({ uri: 'peer://a' });
      return text('changed');
    },
    // The answer's stream ends before the answer: the client comes back for it.
    async cut(extra) {
      extra.closeSSEStream?.();
      return text('after the cut');
    },
  };

  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const all = Object.keys(tools).map((name) => ({ name, description: `To ${name}.`, inputSchema: { type: 'object' } }));
    return params?.cursor ? { tools: all.slice(5) } : { tools: all.slice(0, 5), nextCursor: '5' };
  });
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
    const tool = tools[params.name];
    if (!tool) throw new McpError(ErrorCode.MethodNotFound, `Tool not found: ${params.name}`);
    return tool(extra, params.arguments ?? {});
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [{ uri: 'peer://a', name: 'a', mimeType: 'text/plain' }] }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => {
    if (params.uri !== 'peer://a') throw new McpError(-32002, 'Resource not found', { uri: params.uri });
    return { contents: [{ uri: 'peer://a', text: 'contents' }, { uri: 'peer://a', blob: 'AAH+/w==' }] };
  });
  server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: [{ name: 'greet', arguments: [{ name: 'who', required: true }] }] }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Hello, ${params.arguments.who}!` } }],
  }));
  server.fallbackNotificationHandler = async ({ method }) => {
    if (method === 'peer/leave') hangUp();
  };
  return server;
}
