// Rules are tried in a worker, which can be ended: one that never finishes freezes no page.

const SCRIPT = new URL('trial.js', document.baseURI).href;
// For one text, however long; what is no trap takes a small fraction of it, on a busy machine, too.
const DEADLINE_MS = 3_000;

// Where a page's policy asks for them.
const trusted = globalThis.trustedTypes?.createPolicy('pagetap-trial', { createScriptURL: () => SCRIPT });

/** `{told, stop()}`: `told` is a promise of what the worker says last, of undefined if it was stopped. */
function run(order) {
  const worker = new Worker(trusted?.createScriptURL('') ?? SCRIPT);
  let timer;
  let stop;
  const told = new Promise((resolve, reject) => {
    stop = (answer) => {
      clearTimeout(timer);
      worker.terminate();
      resolve(answer);
    };
    worker.onerror = ({ message }) => {
      stop();
      reject(new Error(message));
    };
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      if (data.over) stop(data);
      // Its time begins when it runs.
      else timer = setTimeout(stop, DEADLINE_MS);
    };
  });
  worker.postMessage(order);
  return { told, stop };
}

let latest;

/** What rules make of a text: `{text}`, `{slow: true}`, or undefined if another was asked for meanwhile. */
export async function attempt(rules, text) {
  latest?.stop();
  const mine = (latest = run({ rules, text }));
  const answer = await mine.told;
  if (latest !== mine) return undefined;
  return answer ? { text: answer.told } : { slow: true };
}

/**
 * The problems of rules that take too long over texts made to have them do so. `known`: rules in force,
 * which have been tried.
 */
export async function slowRules(rules, known) {
  const isNew = (rule) => !known.some((one) => ['pattern', 'flags', 'with'].every((part) => one[part] === rule[part]));
  if (!rules.some(isNew)) return [];
  const problems = [];
  for (const [at, rule] of rules.entries()) {
    if (isNew(rule) && !(await finishes([rule], rule.pattern))) problems.push({ path: `redaction.${at}`, error: 'error_too_slow' });
  }
  if (problems.length > 0) return problems;
  // Together as well: what one writes the next may find, and write more for it.
  const together = await finishes(rules, rules.map(({ pattern }) => pattern).join(''));
  return together ? [] : [{ path: `redaction.${rules.findLastIndex(isNew)}`, error: 'error_too_slow' }];
}

async function finishes(rules, pattern) {
  const answer = await run({ rules, pattern }).told;
  return answer !== undefined && !answer.unread;
}
