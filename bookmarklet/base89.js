// Bytes from base 89: 26 digits for 21 bytes, where base64 takes 28. The digits are
// the characters that neither an address nor a script in apostrophes would have to
// escape, in their order. xtask/src/build/base89.rs writes it.

const values = new Map();
for (let code = 33; code < 127; code++) {
  const digit = String.fromCharCode(code);
  if (!'#%\'?\\'.includes(digit)) values.set(digit, BigInt(values.size));
}

export function fromBase89(text, length) {
  const bytes = new Uint8Array((text.length / 26) * 21);
  for (let group = 0; group * 26 < text.length; group++) {
    let number = 0n;
    for (const digit of text.substr(group * 26, 26)) number = number * 89n + values.get(digit);
    for (let at = 20; at >= 0; at--) {
      bytes[group * 21 + at] = Number(number & 255n);
      number >>= 8n;
    }
  }
  // The last group was filled up.
  return bytes.subarray(0, length);
}
