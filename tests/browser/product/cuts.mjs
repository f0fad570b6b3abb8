// How a body is cut into chunks. Runs in Node and in the page.

/** Where to cut `length` bytes: at random, the same for the same seed, in pieces of up to `longest` bytes. */
export function randomCuts(length, seed, longest = 700) {
  let state = seed >>> 0;
  const cuts = [];
  let at = 0;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    at += 1 + ((state >>> 12) % longest);
    if (at >= length) return cuts;
    cuts.push(at);
  }
}

/** Cuts `length` bytes after every byte. */
export const everyByte = (length) => Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1);

/** `body` in pieces. */
export const pieces = (body, cuts) => [...cuts, body.length].map((end, index) => body.subarray(index ? cuts[index - 1] : 0, end));
