// What the person has chosen: read from storage, and believed only part by part. A part that is wrong
// is the default, and a problem that the options page shows.

import safeRegex from 'safe-regex2';
import { collectors, MOST_COLLECTORS } from './collector_settings.js';
import * as kept from './kept.js';
import { isOrigin } from './origins.js';
import { shortSamples } from './samples.js';

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
/** The most sites, rules and collectors that there can be. */
export const MOST = { sites: 100, redaction: 100, collectors: MOST_COLLECTORS };
/** Where pages of the extension hear that settings have changed. */
export const CHANGES = 'pagetap.settings';
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
  if (part('collectors', Array.isArray, 'error_not_a_list')) settings.collectors = collectors(given.collectors, wrong);
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
  const all = Object.entries(given);
  if (all.length > MOST.sites) wrong('sites', 'error_too_many');
  const kept = {};
  for (const [origin, site] of all.slice(0, MOST.sites)) {
    if (!isOrigin(origin)) wrong(`sites.${origin}`, 'error_not_an_origin');
    else if (typeof site?.on !== 'boolean') wrong(`sites.${origin}.on`, 'error_not_a_switch');
    else kept[origin] = { on: site.on };
  }
  return kept;
}

function rules(given, wrong) {
  if (given.length > MOST.redaction) wrong('redaction', 'error_too_many');
  const kept = [];
  given.slice(0, MOST.redaction).forEach((rule, at) => {
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
    new RegExp(pattern, flags);
  } catch {
    return 'error_not_a_pattern';
  }
  // A repetition of what is itself repeated: there are texts over which it takes for ever.
  if (!safeRegex(pattern)) return 'error_may_hang';
  return matchesNothing(new RegExp(pattern, `g${flags}`), pattern) ? 'error_matches_nothing' : undefined;
}

// Such a rule covers nothing, wherever it does match.
function matchesNothing(made, pattern) {
  return ['', ...shortSamples(pattern)].some((text) => Array.from(text.matchAll(made)).some(([match]) => match === ''));
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value, largest) => Number.isInteger(value) && value > 0 && value <= largest;

/** What is stored, checked. */
export async function load() {
  return checked(await kept.get('settings'));
}

export const save = (settings) => kept.set('settings', settings);
