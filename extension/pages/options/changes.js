// What settings from a file would change, a sentence for each.

import { addressOf, contentOf, hasQuery } from '../collector.js';
import { say, number } from '../words.js';
import { keyOf } from './collector_form.js';

/** `now`: the settings in force; `parts`: those that would be. */
export function changes(now, { sites, layers, redaction, limits, collectors }) {
  return [
    ...changed(now.sites, sites, (origin) => origin, (site) => say(site ? (site.on ? 'changeOn' : 'changeOff') : 'changeNone')),
    ...changed(now.layers, layers, (name) => say(name === 'raw' ? 'layersRaw' : 'layersHooks'), (on) => say(on ? 'changeOn' : 'changeOff')),
    ...rules(now.redaction, redaction),
    ...changed(now.limits, limits, (name) => say(`limit_${name}`), (limit, name) => number(name === 'recordedBytes' ? limit / 2 ** 20 : limit)),
    ...collected(now.collectors, collectors),
  ];
}

function changed(before, after, nameOf, write) {
  if (!after) return [];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => [name, write(before[name], name), write(after[name], name)])
    .filter(([, from, to]) => from !== to)
    .map(([name, from, to]) => say('change', nameOf(name), from, to));
}

function rules(before, after) {
  if (!after) return [];
  const written = ({ pattern, flags, with: replacement }) => `/${pattern}/${flags}: ${replacement}`;
  const [old, young] = [before.map(written), after.map(written)];
  if (JSON.stringify(old) === JSON.stringify(young)) return [];
  const gone = old.filter((rule) => !young.includes(rule));
  const come = young.filter((rule) => !old.includes(rule));
  if (gone.length + come.length === 0) return [say('changeOrder')];
  return [...gone.map((rule) => say('changeRuleGone', rule)), ...come.map((rule) => say('changeRuleNew', rule))];
}

function collected(before, after) {
  if (!after) return [];
  const gone = before.filter(({ id }) => !after.some((one) => one.id === id));
  return [
    ...gone.map((collector) => say('changeCollectorGone', whole(collector))),
    ...after.flatMap((collector) => {
      const here = before.find(({ id }) => id === collector.id);
      if (!here) return [say('changeCollectorNew', whole(collector))];
      if (whole(here) !== whole(collector)) return [say('changeCollector', whole(here), whole(collector))];
      return [
        ...(here.to === collector.to ? [] : [say('changeQuery', addressOf(collector))]),
        ...(JSON.stringify(here.headers) === JSON.stringify(collector.headers) ? [] : [say('changeHeaders', addressOf(collector))]),
      ];
    }),
  ];
}

/** All of a collector but the values of its headers, and its query. */
function whole(collector) {
  const { on, format, names, signals, headers } = collector;
  const words = [addressOf(collector), say(on ? 'changeOn' : 'changeOff'), say(`format_${keyOf(format)}`), contentOf(collector) || say('collectorWithout')];
  if (format.startsWith('otlp')) words.push(say(`names_${keyOf(names)}`), ...signals.map((name) => say(`signal_${name}`)));
  if (hasQuery(collector)) words.push(say('collectorQuery'));
  return [...words, ...Object.keys(headers)].join(say('wordComma'));
}
