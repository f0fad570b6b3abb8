// LZMA, as "LZMA specification" of the LZMA SDK describes it and with its names: a
// raw stream without header and end marker, made with lc = 3, lp = 0 and pb = 0,
// whose length is known. xtask/src/build/lzma.rs makes it.

// Adaptive probabilities of a bit, all in one array; where each group starts.
const kNumStates = 12;
const IsMatch = 0;
const IsRep = IsMatch + kNumStates;
const IsRepG0 = IsRep + kNumStates;
const IsRepG1 = IsRepG0 + kNumStates;
const IsRepG2 = IsRepG1 + kNumStates;
const IsRep0Long = IsRepG2 + kNumStates;
const PosSlotDecoder = IsRep0Long + kNumStates; // one for each of four lengths
const PosDecoders = PosSlotDecoder + (4 << 6);
const AlignDecoder = PosDecoders + 128;
const LenDecoder = AlignDecoder + 16;
const RepLenDecoder = LenDecoder + 512;
const LitProbs = RepLenDecoder + 512; // one for each upper three bits of a byte

// The `length` bytes that `stream` stands for; throws if it stands for others.
export function lzmaDecoded(stream, length) {
  const probs = new Uint16Array(LitProbs + (0x300 << 3)).fill(1 << 10);
  const out = new Uint8Array(length);
  let range = 0;
  let code = 0;
  let position = 0;
  let at = 0;
  let state = 0;
  let reps = [0, 0, 0, 0];

  // Both stay below 2 ** 32, and exact as numbers that are no machine integers. Past the end there is
  // no number any more.
  const shift = () => {
    range *= 256;
    code = code * 256 + stream[position++];
  };
  const decodeBit = (index) => {
    const bound = (range >>> 11) * probs[index];
    const bit = +(code >= bound);
    if (bit) {
      range -= bound;
      code -= bound;
      probs[index] -= probs[index] >> 5;
    } else {
      range = bound;
      probs[index] += (2048 - probs[index]) >> 5;
    }
    if (range < 2 ** 24) shift();
    return bit;
  };
  const decodeDirectBits = (numBits) => {
    let value = 0;
    while (numBits--) {
      range >>>= 1;
      const bit = +(code >= range);
      if (bit) code -= range;
      if (range < 2 ** 24) shift();
      value = 2 * value + bit;
    }
    return value;
  };
  const bitTree = (start, numBits) => {
    let m = 1;
    while (m >> numBits === 0) m = 2 * m + decodeBit(start + m);
    return m - (1 << numBits);
  };
  const reverseBitTree = (start, numBits) => {
    let m = 1;
    let symbol = 0;
    for (let i = 0; i < numBits; i++) {
      const bit = decodeBit(start + m);
      m = 2 * m + bit;
      symbol += bit << i;
    }
    return symbol;
  };

  const decodeLength = (start) => {
    if (!decodeBit(start)) return bitTree(start + 2, 3);
    if (!decodeBit(start + 1)) return 8 + bitTree(start + 10, 3);
    return 16 + bitTree(start + 18, 8);
  };
  const decodeDistance = (len) => {
    const posSlot = bitTree(PosSlotDecoder + (Math.min(len, 3) << 6), 6);
    if (posSlot < 4) return posSlot;
    const numDirectBits = (posSlot >> 1) - 1;
    const dist = (2 + (posSlot & 1)) * 2 ** numDirectBits;
    if (posSlot < 14) return dist + reverseBitTree(PosDecoders + dist - posSlot, numDirectBits);
    return dist + decodeDirectBits(numDirectBits - 4) * 16 + reverseBitTree(AlignDecoder, 4);
  };
  const decodeLiteral = () => {
    const start = LitProbs + 0x300 * (out[at - 1] >> 5);
    let symbol = 1;
    if (state > 6) {
      let matchByte = out[at - reps[0] - 1];
      let matchBit;
      do {
        matchByte *= 2;
        matchBit = (matchByte >> 8) & 1;
        symbol = 2 * symbol + decodeBit(start + ((1 + matchBit) << 8) + symbol);
      } while (symbol < 0x100 && matchBit === (symbol & 1));
    }
    while (symbol < 0x100) symbol = 2 * symbol + decodeBit(start + symbol);
    out[at++] = symbol;
  };
  const copy = (len) => {
    for (const end = at + len; at < end; at++) out[at] = out[at - reps[0] - 1];
  };

  for (let i = 0; i < 5; i++) shift();
  range = 2 ** 32 - 1;
  while (at < length) {
    const wasLiteral = state < 7;
    if (!decodeBit(IsMatch + state)) {
      decodeLiteral();
      state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
    } else if (!decodeBit(IsRep + state)) {
      const len = decodeLength(LenDecoder);
      reps = [decodeDistance(len), ...reps.slice(0, 3)];
      copy(len + 2);
      state = wasLiteral ? 7 : 10;
    } else {
      // One of the last four distances again, which becomes the last.
      let which = 0;
      let isShort = false;
      if (!decodeBit(IsRepG0 + state)) isShort = !decodeBit(IsRep0Long + state);
      else if (!decodeBit(IsRepG1 + state)) which = 1;
      else which = 2 + decodeBit(IsRepG2 + state);
      reps.unshift(...reps.splice(which, 1));
      copy(isShort ? 1 : 2 + decodeLength(RepLenDecoder));
      if (isShort) state = wasLiteral ? 9 : 11;
      else state = wasLiteral ? 8 : 11;
    }
  }
  // So it ends, if all was right; after an error there is a remainder, or another number of bytes.
  if (position !== stream.length || code !== 0) throw new RangeError('lzma: corrupt data');
  return out;
}
