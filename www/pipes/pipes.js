// All pipes: what each is called, and how it is opened.

import described from './pipes.json';
import { openClaudeAi } from './claude_ai.js';
import { openIde } from './ide.js';
import { openManagedAgents } from './managed_agents.js';
import { openPlaces } from './places.js';
import { openRemoteSocket } from './remote/socket.js';
import { openRemoteStream } from './remote/stream.js';
import { openSdkServer } from './sdk_server.js';
import { eventSource } from './mcp/event_source.js';
import { streamable } from './mcp/streamable.js';

const OPEN = {
  'claude-ai': openClaudeAi,
  'ccr-v1': openRemoteSocket,
  'ccr-v2': openRemoteStream,
  'managed-agents': openManagedAgents,
  'sdk-server': openSdkServer,
  ide: openIde,
  'mcp-http': (page) => openPlaces(page, streamable),
  'mcp-sse': (page) => openPlaces(page, eventSource),
};

/**
 * Each pipe: `{id, name, about, hello, placeholder, suggestions, open(page)}`.
 * `open` connects and returns
 * - `ask(text, reply)`: sends a prompt and draws its answer; resolves when the
 *   turn is over, to what ended it early, if anything did;
 * - `stop()`: the person wants no more of it;
 * - `close()`: disconnects;
 * - `again(reply)`, where the service can answer once more.
 * `page.state(text, on)` says how the connection is.
 */
export const PIPES = described.map((pipe) => ({ ...pipe, open: OPEN[pipe.id] }));
