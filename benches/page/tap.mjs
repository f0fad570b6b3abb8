// The tap, driven as its instruments drive it: what the page's own reads cost is the same for everybody,
// and is not in it.

import wasm from '../../dist/npm/pagetap.wasm';
import everything from '../../src/web/everything.js';
import { webAssembly } from '../../src/web/install.js';
import { createTap } from '../../src/web/tap.js';

/** A tap with everything in it that the classic script has. */
export function makeTap() {
  // More than the default is kept of a result: one of them is a single line of 10 MB.
  const limits = { textPerBlock: 16 << 20 };
  const tap = createTap(window, 'bench', { dom: true, limits }, everything);
  tap.start(webAssembly(wasm), 'wasm');
  return tap;
}

// A task of this page's, after those that the tap has asked for.
const channel = new MessageChannel();
const turn = () => new Promise((resolve) => {
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(0);
});

/** Streams `chunks` through the tap to the end; all of it is told when this resolves. */
export async function stream(tap, chunks) {
  const { sink } = tap;
  const id = sink.open({ url: 'https://api.anthropic.com/v1/messages', method: 'POST' });
  sink.response(id, { status: 200, contentType: 'text/event-stream; charset=utf-8' });
  for (const chunk of chunks) sink.chunk(id, chunk);
  sink.end(id, 'done');
  do await turn(); while (tap.hooks.stats().open);
}
