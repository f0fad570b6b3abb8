// How tests stop the extension's service worker.

import { inTime, LONGEST_WAIT_MS } from './bench.mjs';

/** Stops it, for sure; `andBack`: until it is there again, woken by nobody here. */
export async function kill(bench, { andBack = false } = {}) {
  const session = await bench.context.newCDPSession(bench.own);
  let run;
  const running = new Promise((done) => (run = done));
  let was = false;
  let last;
  // Both may come in one message, before anybody who waits has his turn.
  session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
    for (const { runningStatus } of versions) {
      last = runningStatus;
      if (runningStatus === 'stopped') was = true;
      else if (runningStatus === 'running' && was) run();
    }
  });
  await session.send('ServiceWorker.enable');
  const begun = Date.now();
  // One that is just starting may not hear of it.
  while (!was) {
    if (Date.now() - begun > LONGEST_WAIT_MS) throw new Error(`it does not stop: it is said to be ${last}`);
    await session.send('ServiceWorker.stopAllWorkers');
  }
  if (andBack) await inTime(running, 'a worker that is back');
  await session.detach();
}

/** Has no service worker get as far as to answer while `step` is done. */
export async function withoutWorker(bench, step) {
  const session = await bench.context.newCDPSession(bench.own);
  await session.send('ServiceWorker.enable');
  let over = false;
  const stopping = (async () => {
    while (!over) await session.send('ServiceWorker.stopAllWorkers');
  })();
  await step();
  over = true;
  await stopping;
  await session.detach();
}
