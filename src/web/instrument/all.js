// Every tap there is, for the shells that have room for them all. One a line; those of ../instrument.js
// come first.

import { tapFetch } from './fetch.js';
import { tapRequests } from './request.js';
import { tapReads } from './read.js';
import { tapBranches } from './branch.js';
import { tapPipes } from './pipe.js';
import { tapWholeBodies } from './whole.js';
import { tapHeaders } from './headers.js';
import { tapXhr } from './xhr.js';
import { tapBeacon } from './beacon.js';
import { tapWebSocket } from './websocket.js';
import { tapWebSocketStream } from './websocket_stream.js';
import { tapEventSource } from './eventsource.js';

export default [
  tapFetch, // first: others use what it adds to the tap
  tapRequests,
  tapReads,
  tapBranches,
  tapPipes,
  tapWholeBodies,
  tapHeaders,
  tapXhr,
  tapBeacon,
  tapWebSocket,
  tapWebSocketStream,
  tapEventSource,
];
