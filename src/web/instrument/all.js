// Every tap there is, for the shells that have room for all of them.

import { tapBranches } from './branch.js';
import { tapFetch } from './fetch.js';
import { tapPipes } from './pipe.js';
import { tapReads } from './read.js';
import { tapWholeBodies } from './whole.js';

export default [
  tapFetch, // first: others use what it adds to the tap
  tapReads,
  tapBranches,
  tapPipes,
  tapWholeBodies,
];
