// The settings: what they are when nobody chose, and what is wrong with a proposal. A wrong
// part is named and its default stands in its place: settings can come from a file, or from another
// version.

import { badRule } from './redaction.js';

export const DEFAULTS = Object.freeze({
  version: 1,
  sites: { 'https://claude.ai': { on: true } },
  layers: { hooks: true, raw: false },
  redaction: [],
  limits: { recordedEvents: 200_000, recordedBytes: 256 * 2 ** 20, shown: 2_000 },
  collectors: [],
});

/** The least and the most of each limit. */
export const BOUNDS = {
  recordedEvents: [100, 5_000_000],
  recordedBytes: [2 ** 20, 4096 * 2 ** 20],
  shown: [50, 10_000],
};

const MOST_RULES = 100;

// Browsers take `a b` and `*` for hosts, too.
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/;

/** `{settings, problems: [{path, error}]}`; `error` is a key of _locales. */
export function checkSettings(given) {
  const problems = [];
  const wrong = (path, error) => problems.push({ path, error });
  const settings = structuredClone(DEFAULTS);
  if (given === undefined) return { settings, problems };
  if (!isObject(given)) {
    wrong('', 'wrongSettings');
    return { settings, problems };
  }
  if (given.version !== undefined && given.version !== 1) wrong('version', 'wrongVersion');
  if (given.sites !== undefined) settings.sites = checkSites(given.sites, wrong) ?? settings.sites;
  if (given.layers !== undefined) checkLayers(given.layers, settings.layers, wrong);
  if (given.redaction !== undefined) settings.redaction = checkRules(given.redaction, wrong);
  if (given.limits !== undefined) checkLimits(given.limits, settings.limits, wrong);
  if (Array.isArray(given.collectors)) settings.collectors = given.collectors;
  else if (given.collectors !== undefined) wrong('collectors', 'wrongList');
  return { settings, problems };
}

/** The origin that a person means by `text`, or null. */
export function originOf(text) {
  const typed = String(text).trim();
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  try {
    const { origin, protocol, hostname } = new URL(written);
    return /^https?:$/.test(protocol) && HOST.test(hostname) ? origin : null;
  } catch {
    return null;
  }
}

function checkSites(given, wrong) {
  if (!isObject(given)) return wrong('sites', 'wrongSites');
  const sites = {};
  for (const [origin, site] of Object.entries(given)) {
    if (originOf(origin) !== origin) wrong(`sites.${origin}`, 'wrongOrigin');
    else if (typeof site?.on !== 'boolean') wrong(`sites.${origin}`, 'wrongSwitch');
    else sites[origin] = { on: site.on };
  }
  return sites;
}

function checkLayers(given, layers, wrong) {
  if (!isObject(given)) return wrong('layers', 'wrongSwitch');
  for (const name of Object.keys(layers)) {
    if (typeof given[name] === 'boolean') layers[name] = given[name];
    else if (given[name] !== undefined) wrong(`layers.${name}`, 'wrongSwitch');
  }
}

function checkRules(given, wrong) {
  if (!Array.isArray(given)) {
    wrong('redaction', 'wrongList');
    return [];
  }
  if (given.length > MOST_RULES) wrong('redaction', 'wrongManyRules');
  const rules = [];
  for (const [at, rule] of given.slice(0, MOST_RULES).entries()) {
    const bad = badRule(rule);
    if (bad) wrong(`redaction.${at}${bad.part && `.${bad.part}`}`, bad.error);
    else rules.push({ pattern: rule.pattern, flags: rule.flags, with: rule.with });
  }
  return rules;
}

function checkLimits(given, limits, wrong) {
  if (!isObject(given)) return wrong('limits', 'wrongNumber');
  for (const [name, [least, most]] of Object.entries(BOUNDS)) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value)) wrong(`limits.${name}`, 'wrongNumber');
    else if (value < least || value > most) wrong(`limits.${name}`, 'wrongRange');
    else limits[name] = value;
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
