// A worker of the options page's: runs rules over texts, one after the other. Whoever asked it ends it
// when it takes too long.

import { redactor } from '../../background/redact.js';
import { longSamples } from '../../background/samples.js';

/** `{rules, text}`, or `{rules, pattern}`: over all that a pattern is tried on. */
addEventListener('message', ({ data: { rules, text, pattern } }) => {
  const redact = redactor(rules);
  if (pattern === undefined) {
    postMessage({ told: redact({ text }).text, over: true });
    return;
  }
  for (const sample of longSamples(pattern)) {
    // More than a text can hold: what rules make so much of is told without it.
    if (redact({ text: sample }).unread) {
      postMessage({ over: true, unread: true });
      return;
    }
    postMessage({});
  }
  postMessage({ over: true });
});
postMessage({});
