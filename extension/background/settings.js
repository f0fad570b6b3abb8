// What the person has chosen: read from storage, and believed only part by part. A part that is wrong
// is the default, and a problem that the options page shows.

import { keepValue, valueOf } from './kept.js';
import { isOrigin } from './origins.js';

export const DEFAULTS = {
  version: 1,
  sites: { 'https://claude.ai': { on: true } },
  layers: { hooks: true, raw: false },
  redaction: [],
  limits: { recordedEvents: 200_000, recordedBytes: 256 << 20, shown: 2_000 },
  collectors: [],
};

/** The most that a limit can be. */
export const LARGEST = { recordedEvents: 10_000_000, recordedBytes: 4 * 2 ** 30, shown: 20_000 };
const RULES = 100;
const LONGEST = 1_000;

/** `{settings, problems}` of anything. A problem is `{path, error}`, the error a key of _locales. */
export function checked(given) {
  const problems = [];
  const settings = structuredClone(DEFAULTS);
  if (given === undefined) return { settings, problems };
  const wrong = (path, error) => problems.push({ path, error });
  if (!isObject(given)) {
    wrong('', 'error_not_an_object');
    return { settings, problems };
  }
  if (given.version !== 1) wrong('version', 'error_version');
  if (part('sites', isObject, 'error_not_an_object')) settings.sites = sites(given.sites, wrong);
  for (const name of ['layers', 'limits']) {
    if (!part(name, isObject, 'error_not_an_object')) continue;
    for (const [key, value] of Object.entries(given[name])) {
      const path = `${name}.${key}`;
      if (!Object.hasOwn(DEFAULTS[name], key)) wrong(path, 'error_unknown');
      else if (name === 'layers' ? typeof value === 'boolean' : isCount(value, LARGEST[key])) settings[name][key] = value;
      else wrong(path, name === 'layers' ? 'error_not_a_switch' : 'error_not_a_number');
    }
  }
  if (part('redaction', Array.isArray, 'error_not_a_list')) settings.redaction = rules(given.redaction, wrong);
  // Read by what sends to them; until then they are only kept.
  if (part('collectors', Array.isArray, 'error_not_a_list')) settings.collectors = given.collectors;
  for (const name of Object.keys(given)) if (!Object.hasOwn(DEFAULTS, name)) wrong(name, 'error_unknown');
  return { settings, problems };

  function part(name, fits, error) {
    if (given[name] === undefined) return false;
    if (fits(given[name])) return true;
    wrong(name, error);
    return false;
  }
}

function sites(given, wrong) {
  const kept = {};
  for (const [origin, site] of Object.entries(given)) {
    if (!isOrigin(origin)) wrong(`sites.${origin}`, 'error_not_an_origin');
    else if (typeof site?.on !== 'boolean') wrong(`sites.${origin}.on`, 'error_not_a_switch');
    else kept[origin] = { on: site.on };
  }
  return kept;
}

function rules(given, wrong) {
  if (given.length > RULES) wrong('redaction', 'error_too_many');
  const kept = [];
  given.slice(0, RULES).forEach((rule, at) => {
    const error = ruleError(rule);
    if (error) wrong(`redaction.${at}`, error);
    else kept.push({ pattern: rule.pattern, flags: rule.flags ?? '', with: rule.with });
  });
  return kept;
}

function ruleError(rule) {
  if (!isObject(rule)) return 'error_not_an_object';
  const { pattern, flags = '', with: replacement } = rule;
  const texts = [pattern, flags, replacement];
  if (!texts.every((text) => typeof text === 'string' && text.length <= LONGEST)) return 'error_not_a_text';
  if (!pattern || !/^[imsuv]*$/.test(flags)) return 'error_not_a_pattern';
  try {
    // One that matches nothing at all would put its text between any two letters.
    return new RegExp(pattern, flags).test('') ? 'error_matches_nothing' : undefined;
  } catch {
    return 'error_not_a_pattern';
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value, largest) => Number.isInteger(value) && value > 0 && value <= largest;

/** What is stored, checked. */
export async function load() {
  return checked(await valueOf('settings'));
}

export const save = (settings) => keepValue('settings', settings);
