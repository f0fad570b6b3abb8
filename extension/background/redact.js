// The person's redaction rules over the texts of events. They are run here, and nowhere in a page: a rule
// that takes its time takes it from nobody's page.

// Not texts of anybody's, but what an event is.
const NAMES = new Set(['type', 'layer', 'kind', 'code', 'dialect', 'direction']);

/** `event` -> the event without what the rules match. `rules`: checked ones, of the settings. */
export function redactor(rules) {
  if (!rules.length) return (event) => event;
  const made = rules.map(({ pattern, flags, with: replacement }) => [
    new RegExp(pattern, `g${flags.replace('g', '')}`),
    // Where nothing is matched, nothing is written.
    (match) => match && replacement,
  ]);
  const over = (text) => made.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), text);
  const walk = (value) => {
    if (typeof value === 'string') return over(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value && typeof value === 'object') return named(Object.entries(value).map(([name, value]) => [over(name), walk(value)]));
    return value;
  };
  return (event) => {
    const part = (name, value) => {
      if (NAMES.has(name)) return value;
      return name === 'bytes' && typeof value === 'string' ? overBytes(value, over) : walk(value);
    };
    const entries = Object.entries(event ?? {});
    try {
      return Object.fromEntries(entries.map(([name, value]) => [name, part(name, value)]));
    } catch {
      // Deeper than can be walked, or longer than a text can be: what was not looked at is not told.
      const known = ([name, value]) => NAMES.has(name) || ['number', 'boolean'].includes(typeof value);
      return { ...Object.fromEntries(entries.filter(known)), unread: true };
    }
  };
}

let last = { rules: [], redact: redactor([]) };

/** The same, made once for the rules in force. */
export function redactorOf(rules) {
  if (last.rules !== rules) last = { rules, redact: redactor(rules) };
  return last.redact;
}

// Two names may have become one: neither value goes for that.
function named(entries) {
  const taken = new Set();
  return Object.fromEntries(entries.map(([name, value]) => {
    let own = name;
    for (let count = 2; taken.has(own); count++) own = `${name} ${count}`;
    taken.add(own);
    return [own, value];
  }));
}

// A frame that is not text stays as it is where no rule matches what of it is.
function overBytes(bytes, over) {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(bytes));
  const told = over(text);
  if (told === text) return bytes;
  return btoa(Array.from(new TextEncoder().encode(told), (byte) => String.fromCharCode(byte)).join(''));
}

// What is no base64 was made up by the page, and is a text.
function bytesOf(text) {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return new TextEncoder().encode(text);
  }
}
