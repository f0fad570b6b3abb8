// What a page would send for the corpus: real events through the native exporter.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CORPUS = fileURLToPath(new URL('../corpus/', import.meta.url));

/** Every recorded case that is a file of its own. */
export function corpus() {
  const cases = readdirSync(CORPUS, { recursive: true, withFileTypes: true });
  const wanted = new Set(['input.sse', 'frames.jsonl']);
  return cases.filter(({ name }) => wanted.has(name)).map(({ parentPath, path, name }) => join(parentPath ?? path, name)).sort();
}

/**
 * What pages would send for these recordings, each a page of its own: by signal, the requests'
 * bodies. `hooks`: the events themselves, before they were exported.
 */
export function requests(into, format, { files = corpus(), include = [], instance = 1 } = {}) {
  const more = include.length ? ['--include', include.join(',')] : [];
  const words = ['replay', '--export', format, '--into', into, '--instance', String(instance), ...more, ...files];
  const printed = execFileSync(process.env.XTASK, words, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
  const bodies = { hooks: lines(printed).filter(({ type }) => type) };
  for (const name of readdirSync(into).sort()) (bodies[name.split('.')[1]] ??= []).push(readFileSync(join(into, name)));
  return bodies;
}

/** Lines of JSON, of one text or of several, parsed. */
export const lines = (texts) => [texts].flat().flatMap((text) => text.toString().trim().split('\n')).map((line) => JSON.parse(line));
