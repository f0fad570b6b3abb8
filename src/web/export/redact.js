// Redaction: what rules match in the texts of an event is replaced before the event goes anywhere. One
// module for all that leaves a page: exports, and what the extension's bridge passes on.
//
// Secrets of the wire are covered before either layer is told (src/secrets.rs), by their names and where
// they are known. What a person types, a tool reads or a model writes may hold any key at all: these rules
// know keys by their look, wherever they stand. All are linear: a bounded start, then one class of letters.

/** Keys and tokens that tell themselves. */
export const KEYS = [
  ['anthropic-key', /\bsk-ant-[\w-]{12,}/],
  ['openai-key', /\bsk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,}/],
  ['github-token', /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/],
  ['gitlab-token', /\bglpat-[\w-]{16,}/],
  ['aws-key-id', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['slack-token', /\bxox[a-z]-[\w-]{10,}/],
  ['google-key', /\bAIza[\w-]{30,}/],
  ['google-token', /\bya29\.[\w-]{20,}/],
  ['stripe-key', /\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}/],
  ['npm-token', /\bnpm_[A-Za-z0-9]{30,}/],
  ['hugging-face-token', /\bhf_[A-Za-z0-9]{20,}/],
  ['jwt', /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/],
  // What stands before it shows what it was.
  ['bearer-token', /\b(Bearer\s{1,4})[\w.~+/-]{8,}=*/i],
  // Also without its end: a text may have been cut.
  ['private-key', /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----[^-]*(?:-----END [A-Z0-9 ]{0,40}-----)?/],
  // In JSON inside a text, line ends are escaped; PEM's own hyphens end it all the same.
].map(([name, { source, flags }]) => ({ pattern: source, flags, with: (_, kept) => `${typeof kept === 'string' ? kept : ''}[redacted:${name}]` }));

/**
 * Text -> text by `rules`: `{ pattern, flags, with }` each, `with` a text or what String.replace takes.
 * A text of the person's stands as it is: `$1` means nothing in it.
 */
export function redacted(rules) {
  const made = rules.map(({ pattern, flags = '', with: by = '[redacted]' }) => [
    new RegExp(pattern, `g${flags.replace(/[gy]/g, '')}`),
    typeof by === 'function' ? by : () => by,
  ]);
  return (text) => made.reduce((text, [pattern, by]) => text.replace(pattern, by), text);
}

/** `value` with `over` applied to every text in it; names and all else as they are. */
export function walk(value, over) {
  if (typeof value === 'string') return over(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, over));
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, value]) => [name, walk(value, over)]));
  }
  return value;
}

// Not texts of anybody's, but what an event is.
const STRUCTURE = new Set(['type', 'dialect', 'code']);

/** Hook event -> its JSON, without the frame it came from and without what the rules match. */
export function toJson(payload, over) {
  const told = {};
  for (const name of Object.keys(payload)) {
    if (name === 'raw') continue;
    told[name] = STRUCTURE.has(name) ? payload[name] : walk(payload[name], over);
  }
  return JSON.stringify(told);
}
