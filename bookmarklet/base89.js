// Bytes from base 89: 47 digits for 38 bytes, where base64 takes 51. The digits are
// the characters that neither an address nor a script in apostrophes would have to
// escape, in their order. xtask/src/build/base89.rs writes it.

const values = new Map();
for (let code = 33; code < 127; code++) {
  const digit = String.fromCharCode(code);
  if (!'#%\'?\\'.includes(digit)) values.set(digit, BigInt(values.size));
}

export function fromBase89(text, length) {
  const bytes = new Uint8Array((text.length / 47) * 38);
  for (let group = 0; group * 47 < text.length; group++) {
    let number = 0n;
    for (const digit of text.substr(group * 47, 47)) number = number * 89n + values.get(digit);
    for (let at = 37; at >= 0; at--) {
      bytes[group * 38 + at] = Number(number & 255n);
      number >>= 8n;
    }
  }
  // The last group was filled up.
  return bytes.subarray(0, length);
}
