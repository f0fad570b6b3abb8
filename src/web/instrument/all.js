// Every tap, for the shells that have room for all of them.

import { tapBeacon } from './beacon.js';
import { tapBranches } from './branch.js';
import { tapFetch } from './fetch.js';
import { tapPipes } from './pipe.js';
import { tapReads } from './read.js';
import { tapWholeBodies } from './whole.js';
import { tapXhr } from './xhr.js';

export default [
  tapFetch, // first: others use what it adds to the tap
  tapReads,
  tapBranches,
  tapPipes,
  tapWholeBodies,
  tapXhr,
  tapBeacon,
];
