// The arithmetic instructions that the core does not use: with them the interpreter can run any module,
// and be compared with the engine on all of them. See src/web/interpreter/numeric.js.

import {
  F32, F64, I32, I64, arithmetic, define, divide, ofFloats, onUnsigned, same, toInteger, trap, unsigned, word,
} from '../../src/web/interpreter/numeric.js';

const { abs, ceil, floor, max, min, round, sqrt, trunc } = Math;
const { asIntN, asUintN } = BigInt;

const ones = (a) => {
  let count = 0n;
  for (a = unsigned(a); a; count++) a &= a - 1n;
  return count;
};
const zeros = (a) => {
  let count = 64n;
  for (a = unsigned(a); a; count--) a >>= 1n;
  return count;
};

const nearest = (a) => {
  const up = round(a);
  return up - a === 0.5 && up % 2 ? up - 1 : up;
};

const copySign = (a, b) => (b < 0 || 1 / b < 0 ? -abs(a) : abs(a));

/** Rounded once: beyond 2^53 the last 11 bits become one, which is set when any of them was. */
const toF32 = (big) => {
  const near = Number(big);
  if (near < 2 ** 53 && near > -(2 ** 53)) return near;
  return Number(((big >> 11n) | BigInt(asUintN(11, big) > 0n)) << 11n);
};

const divideI64 = (a, b) => {
  const result = a / b;
  return result >> 63n > 0n ? trap('overflow') : result;
};
const remainder = (a, b) => a % b;

const floats = [abs, (a) => -a, ceil, floor, trunc, nearest, sqrt, ...arithmetic, min, max, copySign];

define(0x5b, I32, F32, ofFloats);
define(0x79, I64, I64, [zeros, (a) => ones((a & -a) - 1n), ones]);
define(0x7f, I64, I64, [divideI64, onUnsigned(divide), remainder, onUnsigned(remainder)]);
define(0x89, I64, I64, [
  (a, b) => (a << (b & 63n)) | (unsigned(a) >> (-b & 63n)),
  (a, b) => (unsigned(a) >> (b & 63n)) | (a << (-b & 63n)),
]);
define(0x8b, F32, F32, floats);
define(0x99, F64, F64, floats);
for (const [opcode, type, saturating] of [[0xa8, I32], [0xae, I64], [0xc5, I32, 1], [0xc9, I64, 1]]) {
  const pair = [toInteger(type, 1, saturating), toInteger(type, 0, saturating)];
  define(opcode, type, F32, pair);
  define(opcode + 2, type, F64, pair);
}
define(0xb2, F32, I32, [same, word]);
define(0xb4, F32, I64, [toF32, (a) => toF32(unsigned(a))]);
define(0xb6, F32, F64, [same]);
define(0xbb, F64, F32, [same]);
define(0xc2, I64, I64, [(a) => asIntN(8, a), (a) => asIntN(16, a), (a) => asIntN(32, a)]);
