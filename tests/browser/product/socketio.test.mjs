// socket.io's client sees the same with and without the tap, over polling, WebSocket and the change from
// one to the other.

import { after, before } from 'node:test';
import { identical, startPeers } from './peers/identical.mjs';
import { socketioDoor } from './peers/socketio_door.mjs';

let peers;
before(async () => {
  peers = await startPeers('peers/socketio.page', (ledger) => ({ '/socketio/': socketioDoor(ledger) }));
});
after(() => peers?.close());

const about = { connects: true, xhr: '/socketio/' };
// The packet that ends an upgrade, after which the client is connected; the server may have it later.
const isUpgrade = ({ direction, data }) => direction === 'out' && data === '5';
const asked = ({ sockets }) => sockets.some(({ messages }) => messages.some(isUpgrade));

identical('socket.io', () => peers, {
  'socket.io, polling': about,
  'socket.io, websocket': about,
  'socket.io, polling and then websocket': { ...about, asked },
});
