// The deflated module that stands in the address, inflated.

import { fromBase85 } from './base85.js';

export function inflated([text, length]) {
  const bytes = new Blob([fromBase85(text, length)]).stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(bytes).arrayBuffer().then((buffer) => new Uint8Array(buffer));
}
