// How the cost of a byte grows with the length of what is read: instructions, counted by valgrind, of
// every parser of the core. Fails when a byte of a long text costs more than one and a half times what a
// byte of a shorter one does.
//
// Prints one JSON object on standard output; says on standard error what it is doing.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const QUICK = !!process.env.QUICK;
const SIZES = QUICK ? [1_000, 10_000] : [1_000, 100_000, 10_000_000];
const MOST = 1.5;

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const FOLDER = at('../target/bench/');
mkdirSync(FOLDER, { recursive: true });
const build = ['build', '--quiet', '--release', '--locked', '-p', 'pagetap-bench'];
execFileSync('cargo', build, { cwd: at('..'), stdio: ['ignore', 'ignore', 'inherit'] });
const PROGRAM = at('../target/release/pagetap-bench');
const ask = (...words) => execFileSync(PROGRAM, words, { maxBuffer: 1 << 28 });

async function instructions(name, file) {
  const tool = ['--tool=cachegrind', '--cache-sim=no', `--cachegrind-out-file=${file}.out`];
  const { stderr } = await promisify(execFile)('valgrind', [...tool, PROGRAM, 'read', name, file]);
  return Number(/I\s+refs:\s+([\d,]+)/.exec(stderr)[1].replaceAll(',', ''));
}

async function row(parser, file) {
  process.stderr.write(`linear: ${parser}\n`);
  writeFileSync(file, '');
  const before = await instructions(parser, file);
  const each = [];
  for (const size of SIZES) {
    const text = ask('make', parser, String(size));
    writeFileSync(file, text);
    each.push((await instructions(parser, file) - before) / text.length);
  }
  const ratio = Math.max(...each.slice(1)) / each[0];
  const columns = SIZES.map((size, index) => [`per byte of ${size / 1000} KB`, +each[index].toFixed(2)]);
  return {
    parser, ...Object.fromEntries(columns), ratio: +ratio.toFixed(2), target: MOST, reached: QUICK ? null : ratio <= MOST,
  };
}

// Several at once: they count instructions, not time.
const names = String(ask('cases')).trim().split('\n');
const rows = [];
let next = 0;
await Promise.all(Array.from({ length: availableParallelism() }, async (_, worker) => {
  while (next < names.length) {
    const index = next++;
    rows[index] = await row(names[index], `${FOLDER}linear.${worker}`);
  }
}));
const about = 'instructions per byte, by the length of what is read: the longest to the shortest';
console.log(JSON.stringify({ name: 'linear', about, rows }));
if (rows.some(({ reached }) => reached === false)) {
  console.error('not linear:', rows.filter(({ reached }) => reached === false).map(({ parser }) => parser).join('; '));
  process.exitCode = 1;
}
