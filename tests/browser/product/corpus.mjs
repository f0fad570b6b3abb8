// The cases of tests/corpus, for Node: what tests/corpus.rs plays natively.

import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CORPUS = new URL('../../corpus/', import.meta.url);

const read = (folder, name) => {
  const file = new URL(name, folder);
  return existsSync(file) ? readFileSync(file) : null;
};

/**
 * One case: `{ name, meta, request, body, streamed, expected }`; `request` and `expected` are null without a
 * file, `streamed` is whether the body is an event stream, whatever its headers call it.
 */
export function readCase(name) {
  const folder = new URL(`${name}/`, CORPUS);
  const meta = JSON.parse(read(folder, 'meta.json').toString());
  const stream = read(folder, 'input.sse');
  return {
    name,
    meta,
    request: read(folder, 'request.json'),
    body: stream ?? read(folder, 'input.json'),
    streamed: !!stream,
    expected: read(folder, 'expected.txt')?.toString() ?? null,
  };
}

/** A body as it is told: the one secret of these cases is covered, where it is and as long as it is. */
export const covered = (body) =>
  Buffer.from(body.toString('latin1').replace('composed-not-a-credit', (secret) => '*'.repeat(secret.length)), 'latin1');

/** One case of several pipes: `{ name, lines, expected }`, which tests/frames.rs plays natively. */
export function readSession(name) {
  const folder = new URL(`${name}/`, CORPUS);
  const lines = read(folder, 'frames.jsonl').toString().split('\n').filter((line) => line.trim());
  return { name, lines: lines.map((line) => JSON.parse(line)), expected: read(folder, 'expected.txt').toString() };
}

/** The names of all cases of several pipes. */
export const sessionNames = () => caseNames(undefined, 'frames.jsonl');

/** The names of all cases, of one dialect's folder if it is given: `messages/text`. */
export function caseNames(dialect, file = 'meta.json') {
  const names = [];
  for (const folder of dialect ? [dialect] : readdirSync(fileURLToPath(CORPUS)).sort()) {
    for (const name of readdirSync(fileURLToPath(new URL(`${folder}/`, CORPUS))).sort()) {
      if (existsSync(new URL(`${folder}/${name}/${file}`, CORPUS))) names.push(`${folder}/${name}`);
    }
  }
  return names;
}

/** The case behind those that its `after` says go before it, in the same tap. */
export function chainOf(name) {
  const chain = [readCase(name)];
  while (chain[0].meta.after) {
    const dialect = name.split('/')[0];
    chain.unshift(readCase(`${dialect}/${chain[0].meta.after}`));
  }
  return chain;
}

/** A turn of the demonstration page: www/turns/<name>. */
export const demoTurn = (name) => readFileSync(new URL(`../../../www/turns/${name}`, import.meta.url));
