// The person's redaction rules over the texts of events. They are run here, and nowhere in a page: a rule
// that takes its time takes it from nobody's page.

import { KEYS, redacted, walk } from '../../src/web/export/redact.js';

// Not texts of anybody's, but what an event is.
const NAMES = new Set(['type', 'layer', 'kind', 'code', 'dialect', 'direction']);

/** `event` -> the event without what the rules match. `rules`: checked ones, of the settings. */
export function redactor(rules) {
  if (!rules.length) return (event) => event;
  const over = redacted(rules);
  return (event) => {
    const part = (name, value) => {
      if (NAMES.has(name)) return value;
      return name === 'bytes' && typeof value === 'string' ? overBytes(value, over) : walk(value, over);
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

/** `rules` -> what `make` makes of them, made once for the rules in force. */
function once(make) {
  let last = {};
  return (rules) => {
    if (last.rules !== rules) last = { rules, made: make(rules) };
    return last.made;
  };
}

/** For what is shown and recorded here. */
export const redactorOf = once(redactor);

/**
 * For what goes to a collector, hook events alone: keys before the person's rules, as a rule that matches a part
 * of a key would leave the rest of it unknown. What stays here has what the person wants it to have.
 */
export const covererOf = once((rules) => {
  // Without any, an encoder's own cover (collector.js) is first anyway.
  const cover = redactor(rules.length ? [...KEYS, ...rules] : []);
  return (event) => (event?.layer === 'hook' ? cover(event) : event);
});

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
