// A turn with a tool, as a page asks for it and as it must be told: the corpus' own expectation, blessed
// for the native core.

import { asJavaScript, printed } from '../product/expectation.mjs';
import { readCase } from '../product/corpus.mjs';
import { LONGEST_WAIT_MS } from './bench.mjs';

const NAME = 'claudeai/connector-tool';
const { meta, body, expected } = readCase(NAME);

export { body };
export const EXPECTED = asJavaScript(expected);

const path = new URL(meta.url).pathname;
/** Where it is served in pieces, and where the test writes it itself. */
export const TURN = `${path}?case=${NAME}&cuts=7`;
export const driven = (key) => `${path}?drive=${key}`;

// Ends of lines that end a record, and places in the middle of one.
const CUTS = [1, 2, 3, 4, 5].map((part) => Math.floor((body.length * part) / 6));
export const PIECES = [0, ...CUTS].map((from, at) => body.subarray(from, CUTS[at] ?? body.length));

/** Once the page's tap has seen so many bytes, and told what they say. */
export async function seen(page, bytes) {
  const begun = Date.now();
  for (;;) {
    const stats = await page.evaluate(() => window.__claudeHooks.stats());
    if (stats.bytes === bytes && stats.queuedBytes === 0) return;
    if (Date.now() - begun > LONGEST_WAIT_MS) throw new Error(`${bytes} bytes were never seen: ${JSON.stringify(stats)}`);
  }
}

/** In the page: asks, and reads the answer to its end. */
export async function take(url) {
  const response = await fetch(url, { method: 'POST' });
  const reader = response.body.getReader();
  while (!(await reader.read()).done);
}

/** The first script of a page, which asks at once; whether it met the tap is `tapped`, when it has read all `taken`. */
export const firstScript = (url) => `<script nonce="x">
  window.tapped = '__claudeTap' in window;
  window.taken = (${take})('${url}');
</script>`;

/**
 * A page that connects to nothing any more once its first script has asked. A policy in a header would
 * not let it ask at all.
 */
export const connectsNoMore = (url) => `${firstScript(url)}<meta http-equiv="content-security-policy" content="connect-src 'none'">`;

/** In the page: whether its policy lets it ask again. */
export const canAsk = () => fetch('/').then(() => true, () => false);

/** In the page: has a frame without a policy take the turn in its first script, to its end. */
export const takeInFrame = (address) => new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.src = address;
  frame.onload = () => done(frame.contentWindow.taken.then(() => frame.contentWindow.tapped));
  document.body.append(frame);
});

/** What was recorded, on paper: the hook events as the expectation has them. */
export function told(events) {
  const hooks = events.filter(({ layer }) => layer === 'hook');
  return printed(hooks.map(({ layer, frame, n, ...event }) => event));
}

/** The body that the raw events of stream 1 add up to. */
export function bytesOf(events) {
  const frames = events.filter(({ layer, streamId, bytes }) => layer === 'raw' && streamId === 1 && bytes !== undefined);
  return Buffer.concat(frames.map(({ bytes }) => Buffer.from(bytes, 'base64')));
}

/** The numbers of the events, per frame; from 1, without gaps, each once: that is `[1, 2, 3, ...]`. */
export const numbers = (events) => events.map(({ n }) => n);
export const counted = (events) => events.map((_, at) => at + 1);
