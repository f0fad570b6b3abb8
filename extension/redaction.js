// The person's own rules for what must not leave the tab: patterns over the text of events.
// Every match is replaced, by the text as it stands.

/** What is wrong with a rule, `{part, error}`, or null. */
export function badRule(rule) {
  const { pattern, flags, with: instead } = rule ?? {};
  if (typeof pattern !== 'string' || pattern === '') return { part: 'pattern', error: 'wrongEmpty' };
  if (typeof flags !== 'string' || !/^[imsu]*$/.test(flags) || new Set(flags).size < flags.length) {
    return { part: 'flags', error: 'wrongFlags' };
  }
  if (typeof instead !== 'string') return { part: 'with', error: 'wrongText' };
  try {
    // It would put the text between all letters.
    return new RegExp(pattern, flags).test('') ? { part: 'pattern', error: 'wrongNothing' } : null;
  } catch {
    return { part: 'pattern', error: 'wrongPattern' };
  }
}

/** `(text) => text` with every rule applied, in order; rules that are no good are left out. */
export function redactor(rules) {
  const good = rules.filter((rule) => !badRule(rule));
  const compiled = good.map(({ pattern, flags, with: instead }) => [new RegExp(pattern, `${flags}g`), instead]);
  // A function: `$&` in the replacement would bring back what was found. A match of nothing stays nothing.
  return (text) => compiled.reduce((text, [pattern, instead]) => text.replace(pattern, (found) => found && instead), text);
}
