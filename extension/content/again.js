// The bridge of a document that had one before the extension was loaded anew. The page's scripts have
// run long since, so the tap is asked by the name that only it and the background know.

import { bridge } from './relay.js';

bridge((port, name) => document.dispatchEvent(new MessageEvent(name, { ports: [port] })), true);
