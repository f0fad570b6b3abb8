// A server's side of MCP over WebSocket: the package's Transport interface over a `ws` socket. The
// package itself has only the client's side.

import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';

export class WebSocketServerTransport {
  constructor(socket) {
    this.socket = socket;
  }

  async start() {
    this.socket.on('message', (data) => {
      let message;
      try {
        message = JSONRPCMessageSchema.parse(JSON.parse(data.toString()));
      } catch (error) {
        return this.onerror?.(error);
      }
      this.onmessage?.(message);
    });
    this.socket.on('error', (error) => this.onerror?.(error));
    this.socket.on('close', () => this.onclose?.());
  }

  send(message) {
    return new Promise((sent, failed) => {
      this.socket.send(JSON.stringify(message), (error) => (error ? failed(error) : sent()));
    });
  }

  async close() {
    this.socket.close(1001, 'server closes');
  }
}
