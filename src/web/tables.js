// Rules given at run time: checked by the core, or kept until it is there.

import { patternOf } from './match.js';

// Characters of tables that may wait for the core.
const WAITING_LIMIT = 1 << 20;

// `core()` is the core, once it is there; `stopped()` whether there is nothing to
// translate any more; `added` what `match` finds addresses with, on top of those of
// the dialects; `report(code, detail)` a notice; `dom` knows what pages look like.
export function tables({ core, stopped, added, report, fail, dom }) {
  let accepted = [];
  let waiting = [];

  // Addresses of tables that wait count at once: the page's next request may be one.
  function learn() {
    added.splice(0, added.length, ...patternsOf([...accepted, ...waiting.flatMap(({ parts }) => parts)]));
  }

  // Why the core refuses it; undefined when it is in force.
  function apply({ text, parts }) {
    const reason = told(core(), text);
    if (reason) return reason;
    for (const part of parts) {
      if (part.reset === true) accepted = accepted.filter(({ dialect }) => dialect !== part.dialect);
      if (part.endpoints || part.page) accepted.push(part);
    }
    if (parts.some(({ reset, page }) => reset || page)) dom.repaired(accepted);
  }

  // Whether the rules are in force: they are not while the core is loading, nor
  // when it has stopped. A table that is wrong throws.
  function translate(table) {
    const text = typeof table === 'string' ? table : JSON.stringify(table);
    const one = { text, parts: partsOf(text, dom.check) };
    if (stopped()) return false;
    if (core()) {
      let reason;
      try {
        reason = apply(one);
      } catch (error) {
        fail(error);
        return false;
      }
      if (reason) throw new TypeError(reason);
    } else {
      const length = waiting.reduce((sum, other) => sum + other.text.length, text.length);
      if (length > WAITING_LIMIT) throw new TypeError(`table: more than ${WAITING_LIMIT} characters wait for the core`);
      waiting.push(one);
    }
    learn();
    return !!core();
  }

  return {
    // For the layer of hooks.
    hooks: { translate, mapDOM: dom.mapDOM },
    // The core is there; nothing that waited has been read.
    start() {
      dom.start(core());
      try {
        for (const one of waiting.splice(0)) {
          const reason = apply(one);
          if (reason) report('table_refused', reason);
        }
      } catch (error) {
        fail(error);
      }
      learn();
    },
  };
}

function told(core, text) {
  core.input(text);
  const length = core.exports.translate(core.core);
  return core.decode(core.exports.output(core.core), length);
}

// What is wrong at first sight, and what of each table concerns addresses. The text
// itself goes to the core, which sees what JavaScript does not: a key given twice.
function partsOf(text, check) {
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new TypeError('table: is not JSON');
  }
  const list = Array.isArray(parsed) ? parsed : [parsed];
  list.forEach((table, at) => {
    if (table && typeof table === 'object' && !Array.isArray(table)) return;
    throw new TypeError(list === parsed ? `[${at}]: must be an object` : 'table: must be an object, or an array of objects');
  });
  // Only a browser knows what a selector is.
  list.forEach(({ page }, at) => check(page, list === parsed ? `[${at}].` : ''));
  return list.map(({ dialect, reset, endpoints, page }) => ({ dialect, reset, endpoints, page }));
}

function patternsOf(parts) {
  const dialects = new Map();
  for (const { dialect, reset, endpoints } of parts) {
    if (reset === true || !dialects.has(dialect)) dialects.set(dialect, new Map());
    if (!Array.isArray(endpoints)) continue;
    for (const endpoint of endpoints) {
      try {
        const { method, path, needs = {} } = endpoint;
        // What a segment captures only the core needs to know.
        const plain = path.split('/').map((segment) => segment.replace(/^\{(.*\*)\}$/, '$1').replace(/^\{.*\}$/, '*'));
        const pattern = patternOf(method, plain.join('/'), Object.entries(needs));
        dialects.get(dialect).set(JSON.stringify([method, path, needs]), pattern);
      } catch {
        // The core will say why, when it is there.
      }
    }
  }
  return [...dialects.values()].flatMap((patterns) => [...patterns.values()]);
}
