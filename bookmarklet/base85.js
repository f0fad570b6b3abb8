// Bytes from base 85, a quarter longer than the bytes (base64: a third). The
// digits are the characters from `(` to `|`, without the two that an address or
// a script would have to escape: `$` stands for `?` and `!` for `\`.
export function fromBase85(text, length) {
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let group = 0; group * 5 < text.length; group++) {
    let value = 0;
    for (let at = group * 5; at < group * 5 + 5; at++) {
      const letter = text[at];
      const code = letter === '$' ? 63 : letter === '!' ? 92 : letter.charCodeAt(0);
      value = value * 85 + code - 40;
    }
    view.setUint32(group * 4, value);
  }
  // The last group was filled up.
  return bytes.subarray(0, length);
}
