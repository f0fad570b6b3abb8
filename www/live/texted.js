// Any value as a text. An event's values are the wire's or the page's: `String()` throws over an object
// whose `toString` is no function.

export function texted(value) {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' && typeof value !== 'function') return String(value);
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return ''; // In a ring, or deeper than it goes.
  }
}
