// Clients of event streams see the same with and without the tap, through lost connections and
// refusals.

import { after, before } from 'node:test';
import { feedDoor } from './peers/feed_door.mjs';
import { identical, startPeers } from './peers/identical.mjs';

let peers;
before(async () => {
  peers = await startPeers('peers/streams.page', (ledger) => ({ '/feed/': feedDoor(ledger) }));
});
after(() => peers?.close());

// The client leaves, or the connection is lost.
const cut = ({ method }) => method === 'GET';

// Of the wrong type.
const dropped = ({ path }) => path.endsWith('/html');

identical('clients of event streams', () => peers, {
  EventSource: { names: ['hello', 'tick', 'late'] },
  eventsource: { heldFetch: true, cut, dropped },
});
