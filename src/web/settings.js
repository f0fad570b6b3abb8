// What the instruments ask the sink of the options.

export function settings({ match, readBlobs, workers }, wants, added) {
  const readsBlobs = !!readBlobs;
  // What a worker has to know to be tapped. Rules given at run time are in the page only: then it has
  // to ask, as it has to ask a function.
  const forWorkers = { get match() { return added.length ? wants : match; }, readsBlobs };
  // Null if workers are to be left alone.
  return { readsBlobs, workers: workers ? forWorkers : null };
}
