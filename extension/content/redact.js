// The person's redaction rules over the texts of events, before these leave the tab.

import { redacted, walk } from '../../src/web/export/redact.js';

// Not texts of anybody's, but what an event is.
const NAMES = new Set(['type', 'layer', 'kind', 'code', 'dialect', 'direction', 'bytes']);

/** `event` -> the event without what the rules match. `rules`: checked ones, of the settings. */
export function redactor(rules) {
  if (!rules.length) return (event) => event;
  const over = redacted(rules);
  return (event) => {
    const told = Object.fromEntries(
      Object.entries(event).map(([name, value]) => [name, NAMES.has(name) ? value : walk(value, over)]),
    );
    if (event.bytes) told.bytes = overBytes(event.bytes, over);
    return told;
  };
}

// A frame that is not text stays as it is where no rule matches what of it is.
function overBytes(bytes, over) {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)),
  );
  const told = over(text);
  if (told === text) return bytes;
  return btoa(Array.from(new TextEncoder().encode(told), (byte) => String.fromCharCode(byte)).join(''));
}
