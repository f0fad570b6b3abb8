// MCP over a WebSocket: one message a text frame.

import { socketAddress } from '../ids.js';

export function webSocket(path, onclose) {
  return (receive) => {
    const socket = new WebSocket(socketAddress(path), 'mcp');
    const opened = new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error('There is no editor to talk to.'));
    });
    opened.catch(() => {}); // whoever sends hears of it
    socket.onmessage = ({ data }) => receive(JSON.parse(data));
    socket.onclose = ({ code }) => onclose(code);
    return {
      async send(message) {
        // Not a moment later than must be: a last word goes out before the close.
        if (socket.readyState === WebSocket.CONNECTING) await opened;
        if (socket.readyState !== WebSocket.OPEN) throw new Error('The connection is closed.');
        socket.send(JSON.stringify(message));
      },
      close: () => socket.close(1000),
    };
  };
}
