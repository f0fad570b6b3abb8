// Clients over WebSocket see the same with and without the tap, whenever it comes, and it sees all
// that they send and are sent.

import { after, before } from 'node:test';
import { identical, startPeers } from './peers/identical.mjs';
import { websocketDoor } from './peers/websocket_door.mjs';

let peers;
before(async () => {
  peers = await startPeers('peers/sockets.page', (ledger) => {
    const door = websocketDoor(ledger);
    return { '/ws/': door, '/parties/': door };
  });
});
after(() => peers?.close());

identical('clients over WebSocket', () => peers, {
  WebSocket: {},
  'WebSocket, a subclass': {},
  'WebSocket, the connection is lost or refused': { blobs: true },
  'reconnecting-websocket': { connects: true },
  'reconnecting-websocket, refused': {},
  partysocket: { connects: true },
  'partysocket, refused': {},
  'rxjs/webSocket': { connects: true },
  'rxjs/webSocket, the connection is lost': {},
});
