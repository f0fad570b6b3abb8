// Bytes from an arithmetic coder whose odds for each bit are mixed from what several
// contexts have seen follow them, as PAQ does: a tenth less than LZMA leaves of a
// WebAssembly module, and less code. xtask/src/build/mixing.rs writes it, number by
// number the same way: only operations that IEEE 754 defines to the last bit.

// Each context: which of the bytes before, counted backwards.
const contexts = [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6], [2], [1, 3], [2, 3]];
const count = contexts.length;

export function unmixed(input, length) {
  const output = new Uint8Array(length);
  // By context and hash: the odds of a one, of 65536, and in the last four bits how often
  // they were right or wrong so far. In one word, for most of the time is waiting for it.
  const states = new Uint32Array(count << 20);
  // A set for each last byte, then one for each number of contexts that know something.
  const weights = new Float64Array((256 + 1 + count) * count).fill(0.15);
  // Chances by their logit, and logits by chance.
  const chances = new Float64Array(4096);
  const logits = new Float64Array(4096);
  let power = 1.1253517471925912e-7;
  for (let at = 0; at < 4096; at++, power *= 1.007843097206448) chances[at] = power / (1 + power);
  for (let at = 0, logit = 0; at < 4096; at++) {
    while (logit < 4095 && chances[logit] * 4096 < at + 0.5) logit++;
    logits[at] = (logit - 2048) / 128;
  }

  let low = 0;
  let high = 2 ** 32 - 1;
  let code = 0;
  let read = 0;
  const shift = () => {
    low = (low << 8) >>> 0;
    high = ((high << 8) | 255) >>> 0;
    code = ((code << 8) | input[read++]) >>> 0;
  };
  // The range stays whole.
  for (let at = 0; at < 4; at++) shift();

  const hashes = new Int32Array(count);
  const slots = new Int32Array(count);
  const says = new Float64Array(count);
  for (let at = 0; at < length; at++) {
    contexts.forEach((back, context) => {
      let hash = context + 1;
      for (const distance of back) hash = Math.imul(hash, 0x2f0b4c47) + (output[at - distance] | 0) + 1;
      hashes[context] = Math.imul(hash, 0x9e3779b1);
    });
    let bits = 1;
    while (bits < 256) {
      let known = 256;
      for (let context = 0; context < count; context++) {
        const hash = Math.imul(hashes[context] + Math.imul(bits, 0x2f0b4c47), 0x85ebca6b);
        const slot = (context << 20) | (hash >>> 12);
        slots[context] = slot;
        const state = states[slot];
        says[context] = state ? logits[state >> 8] : 0;
        if (state) known++;
      }
      const byByte = (output[at - 1] | 0) * count;
      const byKnown = known * count;
      let logit = 0;
      for (let context = 0; context < count; context++) {
        logit += says[context] * (weights[byByte + context] + weights[byKnown + context]);
      }
      const place = Math.min(4095, Math.max(0, Math.floor(logit * 128) + 2048));
      const chance = Math.min(65535, Math.max(1, Math.floor(chances[place] * 65536)));
      const middle = low + Math.floor(((high - low) * chance) / 65536);
      const bit = code <= middle ? 1 : 0;
      if (bit) high = middle;
      else low = middle + 1;
      while ((low ^ high) >>> 24 === 0) shift();
      const error = (bit - chance / 65536) * 0.003;
      for (let context = 0; context < count; context++) {
        weights[byByte + context] += says[context] * error;
        weights[byKnown + context] += says[context] * error;
        const state = states[slots[context]] || 32768 << 4;
        const odds = state >> 4;
        const seen = state & 15;
        const next = Math.floor(odds + (bit * 65535 - odds) / (seen + 1.5));
        states[slots[context]] = (next << 4) | Math.min(15, seen + 1);
      }
      bits = bits * 2 + bit;
    }
    output[at] = bits;
  }
  return output;
}
