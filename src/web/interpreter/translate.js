// A function's body as the machine's code, appended to `code`.
//
// The operand stack exists while translating only. An operand is the place of a constant, of a local,
// or of the slot that its height on the stack gives it; it is copied into that slot when the local is
// about to change, or where ways through the function meet. Types play no part: a copy takes all 64
// bits, a float is its bits, and the lower half of an i64 is an i32.

import { NUMERIC } from './numeric.js';

/** The sign bit of a place in the frame. */
const FRAME = 1 << 31;

/** The comparison that holds when this one does not, of the six that the machine has. */
const opposite = (opcode) => (opcode < 0x48 ? 0x8d - opcode : opcode ^ 6);

export function unsupported(what, code) {
  throw new TypeError(`wasm: ${what} ${code} is not supported`);
}

/** `constant` gives the place of the constant that is read, `integer` that of an integer. */
export function translate({ byte, unsigned, list }, code, shape, types, shapes, globals, constant, integer) {
  const zero = integer(0n);
  const parameters = shape.params.length;
  let slots = parameters;
  list(() => {
    slots += unsigned();
    byte();
  });
  // One at least, so that no call stays on the spot.
  slots ||= 1;
  /** Locals before, operands from here on. */
  const frame = FRAME + 2 * slots;
  let height = 0;
  /** Where the instruction before names the place of its result, unless a jump may come in between. */
  let last = 0;

  const operands = [];
  const labels = [];
  /** A loop is jumped to at its start, where it wants no result. */
  const open = (result, loop) =>
    labels.push({ result: result && !loop, loop: loop && code.length, height: operands.length, jumps: [], else: [] });
  const labelAt = (depth) => labels[labels.length - 1 - depth];
  /** The place of the operand at this height. */
  const slot = (index) => {
    height = Math.max(height, index);
    return frame + 2 * index;
  };
  const local = () => FRAME + 2 * unsigned();
  const push = (place) => operands.push(place);
  // Code that cannot be reached may take what is not there.
  const pop = () => (operands.length > labelAt(0).height ? operands.pop() : zero);

  const emit = (opcode, d = 0, x = zero, y = zero) => {
    last = 0;
    return code.push(opcode, d, x, y) - 3;
  };
  const produce = (opcode, x, y) => {
    const place = slot(operands.length);
    last = emit(opcode, place, x, y);
    push(place);
  };
  const move = (to, place) => {
    if (place !== to) emit(2, to, place);
  };
  const settle = (index) => {
    move(slot(index), operands[index]);
    operands[index] = slot(index);
  };
  const settleThose = (condition) => {
    operands.forEach((place, index) => condition(place) && settle(index));
  };
  const made = (place) => last && place < 0 && place >= frame && place === code[last];
  const madeTest = (place) => made(place) && code[last - 1] > 0x45 && code[last - 1] < 0x50;

  const jumpTo = ({ loop, jumps }, at) => (loop ? (code[at] = loop) : jumps.push(at));
  const arrive = (jumps) => {
    for (const at of jumps) code[at] = code.length;
    last = 0;
  };
  /** What jumps if the condition on the stack holds, or does not; a comparison made just now is taken back. */
  const test = () => {
    const place = pop();
    const [opcode, , x, y] = madeTest(place) ? code.splice(last - 1, 4) : [0x47, 0, place, zero];
    return (not) => emit((not ? opposite(opcode) : opcode) - 0x30, 0, x, y);
  };
  const moveResult = ({ result, height }) => result && move(slot(height), operands[operands.length - 1]);
  const jump = (label) => {
    moveResult(label);
    jumpTo(label, emit(0x0c));
  };

  const enter = (opcode) => {
    const type = byte();
    if (type < 0x40) unsupported('block type', type);
    const jumpIf = opcode === 4 && test();
    settleThose((place) => place < 0);
    last = 0;
    open(type > 0x40, opcode === 3);
    if (jumpIf) labelAt(0).else = [jumpIf(1)];
  };
  const otherwise = () => {
    const label = labelAt(0);
    jump(label);
    arrive(label.else);
    label.else = [];
    operands.length = label.height;
  };
  const leave = () => {
    const label = labelAt(0);
    const arriving = [...label.jumps, ...label.else];
    if (arriving.length) {
      moveResult(label);
      operands.length = label.height;
      if (label.result) push(slot(label.height));
      arrive(arriving);
    }
    labels.pop();
  };
  const select = () => {
    const jumpIf = test();
    const no = pop();
    const yes = pop();
    const place = slot(operands.length);
    move(place, yes);
    const past = jumpIf();
    move(place, no);
    arrive([past]);
    push(place);
  };
  const branchIf = () => {
    const jumpIf = test();
    const label = labelAt(unsigned());
    if (label.result) {
      const past = jumpIf(1);
      jump(label);
      arrive([past]);
    } else jumpTo(label, jumpIf());
  };
  const branchTable = () => {
    const index = pop();
    const targets = [...list(unsigned), unsigned()];
    emit(0x0e, 0, index, targets.length - 1);
    const start = code.length;
    code.push(...targets);
    targets.forEach((depth, index) => {
      const label = labelAt(depth);
      if (label.result) {
        code[start + index] = code.length;
        jump(label);
      } else jumpTo(label, start + index);
    });
  };

  const call = (opcode, { params, result }, x, y) => {
    const base = Math.max(labelAt(0).height, operands.length - params.length);
    for (let index = base; index < operands.length; index++) settle(index);
    operands.length = base;
    emit(opcode, slot(base), x, y);
    if (result >= 0) push(slot(base));
  };
  const assign = (to) => {
    const value = pop();
    settleThose((place) => place === to);
    if (made(value)) code[last] = to;
    else move(to, value);
    last = 0;
    return to;
  };
  const calculate = (opcode) => {
    const [, , apply] = NUMERIC[opcode] || unsupported('instruction', opcode);
    const y = apply.length > 1 ? pop() : zero;
    const x = pop();
    // Of greater and at most, the machine knows the other side.
    if (opcode > 0x49 && opcode < 0x4e) produce(opcode ^ 2, y, x);
    else produce(opcode === 0xc0 ? 6 : opcode, x, y);
  };
  const load = (opcode) => {
    unsigned();
    // The bare bits, then what makes a narrow one whole.
    const plain = opcode > 0x33 ? 0x28 : opcode < 0x2c ? opcode & ~2 : 0x2d | (opcode & 2);
    produce(plain, pop(), unsigned());
    if (!(opcode & 1) && plain > 0x29) calculate(plain === 0x2d ? 0xc0 : 0xc1);
    if (opcode > 0x2f) calculate(0xac + (opcode & 1));
  };
  const store = (opcode) => {
    unsigned();
    const offset = unsigned();
    const value = pop();
    const plain = opcode < 0x3a || opcode > 0x3d ? 0x36 | (opcode & 1) : 0x3a | (opcode & 1);
    code[emit(plain, 0, pop(), value)] = offset;
  };
  const size = (opcode) => {
    byte();
    produce(opcode, opcode > 0x3f ? pop() : zero);
  };
  const prefixed = (opcode) => {
    if (opcode < 10) return calculate(0xc5 + opcode);
    byte();
    if (opcode < 11) byte();
    const count = pop();
    const y = pop();
    emit(opcode + 10, count, pop(), y);
  };
  const instructions = {
    0x00: emit,
    0x01: () => {},
    0x02: enter,
    0x03: enter,
    0x04: enter,
    0x05: otherwise,
    0x0b: leave,
    0x0c: () => jump(labelAt(unsigned())),
    0x0d: branchIf,
    0x0e: branchTable,
    0x0f: () => emit(0x0f, 0, operands[operands.length - 1]),
    0x10(opcode) {
      const callee = unsigned();
      call(opcode, types[shapes[callee]], callee);
    },
    0x11(opcode) {
      const type = types[unsigned()];
      byte();
      call(opcode, type, pop(), type.id);
    },
    0x1a: pop,
    0x1b: select,
    0x20: () => push(local()),
    0x21: () => assign(local()),
    0x22: () => push(assign(local())),
    0x23: () => produce(2, globals[unsigned()]),
    0x24: () => assign(globals[unsigned()]),
    0x3f: size,
    0x40: size,
    0x45() {
      const place = pop();
      if (!madeTest(place)) return produce(0x46, place, zero);
      code[last - 1] = opposite(code[last - 1]);
      push(place);
    },
    0xfc: () => prefixed(unsigned()),
  };
  function instruction(opcode) {
    if (instructions[opcode]) instructions[opcode](opcode);
    else if (opcode > 0x40 && opcode < 0x45) push(constant(opcode));
    else if (opcode > 0x27 && opcode < 0x36) load(opcode);
    else if (opcode > 0x35 && opcode < 0x3f) store(opcode);
    // Reading bits as another type does nothing to them.
    else if (opcode !== 0xa7 && (opcode < 0xbc || opcode > 0xbf)) calculate(opcode);
  }

  open(shape.result >= 0);
  const entered = emit(5, FRAME + 2 * parameters) + 2;
  for (let local = parameters + 4; local < slots; local += 4) emit(5, FRAME + 2 * local);
  while (labels.length) instruction(byte());
  emit(0x0f, 0, operands[0]);
  code[entered] = 2 * (slots + height + 1);
}
