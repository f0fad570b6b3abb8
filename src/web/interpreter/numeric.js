// What the arithmetic instructions compute, as plain functions. The stack's typed arrays do the rest:
// storing into one wraps an integer and rounds a float to the width of its type.
//
// Here is what compilers make of the core, with the neighbours of that. All else there is, which only
// modules of the tests need, is in tests/wasm/rare.mjs; an instruction that the core comes to use
// moves here.

const { clz32, imul, trunc } = Math;
const { asUintN } = BigInt;
const Big = BigInt;
const Plain = Number;

// The value types, 0x7f to 0x7c in the binary. The odd ones have 64 bits.
export const I32 = 0;
export const I64 = 1;
export const F32 = 2;
export const F64 = 3;

export function trap(reason) {
  throw new RangeError('wasm: ' + reason);
}

/** From a float to an integer; outside of the type's range the nearest one, or a trap. */
export const toInteger = (type, signed, saturating) => {
  const bits = 32 << type;
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const high = 2 ** (bits - signed);
  const integer = type ? Big : Plain;
  return (value) => {
    const whole = trunc(value);
    if (whole >= low && whole < high) return integer(whole);
    if (!saturating) trap('overflow');
    return whole >= high ? integer(high) - integer(1) : integer(whole < low ? low : 0);
  };
};
const toI32 = toInteger(I32, 1);
const toU32 = toInteger(I32, 0);

export const unsigned = (big) => asUintN(64, big);
export const onUnsigned = (apply) => (a, b) => apply(unsigned(a), unsigned(b));
const ones = (a) => {
  let count = 0;
  for (; a; count++) a &= a - 1;
  return count;
};

export const same = (a) => a;
export const word = (a) => a >>> 0;
export const divide = (a, b) => a / b;
const equality = [(a, b) => a === b, (a, b) => a !== b];
const order = [(a, b) => a < b, (a, b) => a > b, (a, b) => a <= b, (a, b) => a >= b];
const sums = [(a, b) => a + b, (a, b) => a - b];
const ring = [...sums, (a, b) => a * b];
const bitwise = [(a, b) => a & b, (a, b) => a | b, (a, b) => a ^ b];

/**
 * Opcode -> [type of the result, type of the operands, function of one or two operands]. The machine does
 * the usual ones of i32 itself. 0xfc 0 to 7 follow on the opcodes of one byte.
 */
export const NUMERIC = [];

export const define = (opcode, result, operand, functions) => {
  for (const apply of functions) NUMERIC[opcode++] = [result, operand, apply];
};

export const ofFloats = [...equality, ...order];
const ofIntegers = [...equality, ...order.flatMap((apply) => [apply, onUnsigned(apply)])];
export const arithmetic = [...ring, divide];

define(0x45, I32, I32, [same, ...ofIntegers]);
define(0x50, I32, I64, [(a) => !a, ...ofIntegers]);
define(0x61, I32, F64, ofFloats);
define(0x67, I32, I32, [
  clz32, (a) => ones((a & -a) - 1), ones, ...sums, imul,
  // A division by zero gives no integer either.
  (a, b) => toI32(a / b), (a, b) => toU32((a >>> 0) / (b >>> 0)),
  (a, b) => toI32(a % b), (a, b) => toU32((a >>> 0) % (b >>> 0)),
  ...bitwise, (a, b) => a << b, (a, b) => a >> b, (a, b) => a >>> b,
  (a, b) => (a << b) | (a >>> -b), (a, b) => (a >>> b) | (a << -b),
]);
define(0x7c, I64, I64, ring);
define(0x83, I64, I64, [
  ...bitwise, (a, b) => a << (b & 63n), (a, b) => a >> (b & 63n), (a, b) => unsigned(a) >> (b & 63n),
]);
define(0xa0, F64, F64, arithmetic);
define(0xac, I64, I32, [Big, (a) => Big(a >>> 0)]);
define(0xb7, F64, I32, [same, word]);
define(0xb9, F64, I64, [Plain, (a) => Plain(unsigned(a))]);
define(0xc0, I32, I32, [(a) => (a << 24) >> 24, (a) => (a << 16) >> 16]);
define(0xc7, I32, F64, [toInteger(I32, 1, 1), toInteger(I32, 0, 1)]);
