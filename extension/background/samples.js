// Texts to try a redaction rule on, made from the rule: what it mentions, again and again, is what it
// may take longest over, or match where there is nothing.

// What `\w`, `\d`, `\s`, `.` and classes may stand for.
const COMMON = ['a', 'Z', '0', '_', ' ', '\n', '.', '-', '\u00e9', '\u5b57'];
const MOST = 64; // letters that are tried of a rule
const WHOLE = 16; // letters of the pattern as a text

/** As long as the texts are on which a rule must not be slow. */
export const LONG = 100_000;

/** The texts that a pattern is tried on for its time: long, and at the end what no rule means. */
export function* longSamples(pattern) {
  const letters = lettersOf(pattern);
  const pieces = [...letters, ...letters.map((letter) => `a${letter}`), ...letters.map((letter) => `${letter} `), textOf(pattern)];
  for (const piece of new Set(pieces)) if (piece) yield `${piece.repeat(LONG / piece.length)}\u0000`;
}

/** Texts so short that no pattern takes long over them. */
export function shortSamples(pattern) {
  const letters = lettersOf(pattern);
  const text = textOf(pattern).slice(0, WHOLE);
  return [text, ` ${text} `, ...letters.flatMap((letter) => [letter, `a${letter}`, `${letter}a`, ` ${letter}`, `${letter} `, `${letter}${letter}`])];
}

const lettersOf = (pattern) => [...new Set([...COMMON, ...pattern])].slice(0, MOST);

// The pattern's letters without what only a pattern has.
const textOf = (pattern) => pattern.replace(/\\[a-zA-Z]/g, 'a').replace(/[\\^$.*+?()[\]{}|]/g, '');
