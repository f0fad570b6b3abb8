// What a page would send for the corpus: real events through the native exporter.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CORPUS = fileURLToPath(new URL('../corpus/', import.meta.url));

/** Every recorded case that is a file of its own. */
export function corpus() {
  const cases = readdirSync(CORPUS, { recursive: true, withFileTypes: true });
  const wanted = new Set(['input.sse', 'frames.jsonl']);
  return cases.filter(({ name }) => wanted.has(name)).map(({ parentPath, path, name }) => join(parentPath ?? path, name)).sort();
}

/** The requests' bodies for these recordings, by signal, as `format` has them. */
export function requests(into, format, { files = corpus(), include = [], instance = 1 } = {}) {
  const more = include.length ? ['--include', include.join(',')] : [];
  const words = ['replay', '--export', format, '--into', into, '--instance', String(instance), ...more, ...files];
  const printed = execFileSync(process.env.XTASK, words, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = printed.trim().split('\n').map((line) => JSON.parse(line));
  const bodies = Object.fromEntries(readdirSync(into).map((name) => [name.split('.')[0], readFileSync(join(into, name))]));
  return { ...bodies, hooks: lines.filter(({ summary, notice }) => !summary && !notice) };
}

/** Lines of JSON, parsed. */
export const lines = (bytes) => bytes.toString().trim().split('\n').map((line) => JSON.parse(line));

/** Whether all of these are there: a clone may lack recordings. */
export const exists = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
