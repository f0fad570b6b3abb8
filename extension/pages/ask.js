// Questions to the background. An answer that is a refusal is thrown, with the sentence to show.

import { browser } from './browser.js';
import { say } from './words.js';

/** What the background refused, or could not do; its message can be shown. */
export class Refusal extends Error {}

/** `ask({ask: 'state', tabId})`, `ask({do: 'record', tabId})`, ... */
export async function ask(message) {
  let answer;
  try {
    answer = await browser.runtime.sendMessage(message);
  } catch (error) {
    throw new Refusal(say('error_silent', String(error?.message ?? error)));
  }
  if (answer?.ok) return answer;
  throw new Refusal(refused(answer));
}

function refused(answer) {
  const { error, detail = '' } = answer ?? {};
  if (typeof error !== 'string') return say('error_silent', '');
  const sentence = /^error_/.test(error) && say(error, String(detail));
  return sentence || say('error_other', error, String(detail));
}
