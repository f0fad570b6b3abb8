// Measuring several kinds of page by turns, in one browser: what the machine does meanwhile is done to all of them.

/** A smoke test: everything runs, and nothing is to be concluded from it. */
export const QUICK = !!process.env.QUICK;

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** The middle half of the numbers, as text. */
export function spread(numbers, digits = 2) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.round((sorted.length - 1) * part)].toFixed(digits);
  return `${at(0.25)}-${at(0.75)}`;
}

export const rounded = (number, digits = 2) => Number(number.toFixed(digits));

/**
 * What `measure(kind)` gives for each of `kinds` in each round, by kind. Each round begins with another kind, and
 * there is one before the first that does not count: code is compiled in it.
 */
export async function byTurns(kinds, rounds, measure) {
  const found = Object.fromEntries(kinds.map((kind) => [kind, []]));
  if (!QUICK) for (const kind of kinds) await measure(kind);
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < kinds.length; at++) {
      const kind = kinds[(at + round) % kinds.length];
      found[kind].push(await measure(kind));
    }
  }
  return found;
}

/** `{ ratio, spread }` of the numbers to those of the same rounds in `base`. */
export function ratios(numbers, base) {
  const all = numbers.map((number, round) => number / base[round]);
  return { ratio: rounded(median(all)), spread: spread(all) };
}
