// What the person has said of collectors, checked by the same code as what a page says to export().

import { checked as checkedOptions } from '../../src/web/export/options.js';

export const DEFAULTS = { on: false, format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], headers: {} };
export const MOST_COLLECTORS = 5;
const MOST_HEADERS = 20;
const LONGEST = 4_000;

const ID = /^[0-9a-f]{8}$/;
// Any address will do to check another part alone.
const SOMEWHERE = 'http://collector.example/';

/** The collectors of `given`, a list, that are right; `wrong(path, error)` is told what is not. */
export function collectors(given, wrong) {
  if (given.length > MOST_COLLECTORS) wrong('collectors', 'error_too_many_collectors');
  const kept = [];
  given.slice(0, MOST_COLLECTORS).forEach((collector, at) => {
    const problems = problemsOf(collector);
    if (kept.some(({ id }) => id === collector?.id)) problems.push(['.id', 'error_not_an_id']);
    for (const [part, error] of problems) wrong(`collectors.${at}${part}`, error);
    if (!problems.length) kept.push(written(collector));
  });
  return kept;
}

/** What is wrong with one: `[part, error]` each, the error a key of _locales. */
function problemsOf(given) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return [['', 'error_not_an_object']];
  const { id, on, to, headers, signals, ...rest } = { ...DEFAULTS, ...given };
  const problems = [];
  if (typeof id !== 'string' || !ID.test(id)) problems.push(['.id', 'error_not_an_id']);
  if (typeof on !== 'boolean') problems.push(['.on', 'error_not_a_switch']);
  const address = addressError(to);
  if (address) problems.push(['.to', address]);
  if (!right({ signals })) problems.push(['.signals', Array.isArray(signals) && !signals.length ? 'error_no_signals' : 'error_not_a_choice']);
  if (!rightHeaders(headers)) problems.push(['.headers', 'error_not_a_header']);
  for (const [name, value] of Object.entries(rest)) {
    if (!Object.hasOwn(DEFAULTS, name)) problems.push([`.${name}`, 'error_unknown']);
    else if (!right({ [name]: value })) problems.push([`.${name}`, 'error_not_a_choice']);
  }
  return problems;
}

function addressError(to) {
  if (typeof to === 'string' && to.length <= LONGEST && right({ to })) return undefined;
  return URL.canParse(to) && new URL(to).username + new URL(to).password ? 'error_address_with_user' : 'error_not_a_collector_address';
}

function rightHeaders(headers) {
  if (!right({ headers })) return false;
  const all = Object.entries(headers);
  return all.length <= MOST_HEADERS && all.every(([name, value]) => name.length + value.length <= LONGEST);
}

function right(part) {
  try {
    checkedOptions({ to: SOMEWHERE, ...part });
    return true;
  } catch {
    return false;
  }
}

function written({ id, ...given }) {
  const { on, ...options } = { ...DEFAULTS, ...given };
  const { to, format, names, signals, include, headers } = checkedOptions(options);
  return { id, on, to, format, names, signals, include, headers };
}

/** What is exported to `collector`, a checked one: the options of an export. */
export const optionsOf = ({ id, on, ...options }) => checkedOptions({ ...options, route: 'direct', keepalive: false });
