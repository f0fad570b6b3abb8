// Pages with the classic script in them, in the situations that several tests need.

import assert from 'node:assert/strict';
import { CLASSIC } from './bench.mjs';
import { readCase } from './corpus.mjs';

/** Where claude.ai's chat gets its answers. */
export const COMPLETION = '/api/organizations/o/chat_conversations/c7/completion';
/** A short answer, and the events it is heard as. */
export const TEXT = '/v1/messages?case=messages/text&cuts=5';
export const TEXT_TYPES = ['UserPromptSubmit', 'MessageStart', ...Array(4).fill('MessageDelta'), 'MessageEnd', 'Stop'];

/** Runs `scenario(given)` in a fresh page with the tap; nothing may have reached the page as an error. */
export async function inPage(bench, scenario, given, page = {}) {
  const opened = await bench.open({ head: CLASSIC, ...page });
  const result = await opened.evaluate(scenario, { TEXT, COMPLETION, ...given });
  assert.deepEqual(await opened.evaluate(() => words.faults), []);
  assert.deepEqual(opened.faults, []);
  await opened.close();
  return result;
}

/** A page that is in the middle of an answer: `{ page, stream, first, rest, asked }`. */
export async function inTheMiddle(bench, name, url, prepare = () => {}) {
  const page = await bench.open({ head: CLASSIC });
  await page.evaluate(prepare);
  const key = bench.key();
  const asked = page.evaluate((url) => words.ask(url), `${url}?drive=${key}`);
  const stream = await bench.service.stream(key);
  const { body } = readCase(name);
  const cut = body.indexOf('\n\n', body.length / 2) + 2;
  await stream.write(body.subarray(0, cut));
  await page.evaluate((cut) => words.until(() => {
    const stats = window.__claudeTap?.stats();
    return !stats || (stats.bytes === cut && stats.queuedBytes === 0);
  }), cut);
  return { page, stream, asked, body, rest: body.subarray(cut) };
}
