// Pages that export, for the tests of this folder.

import assert from 'node:assert/strict';
import { CLASSIC, startBench, words } from '../product/bench.mjs';
import { startCollector } from './collector.mjs';

export const TEXT = '/v1/messages?case=messages/text&cuts=5';
/** Of TEXT, what is exported of one answer if nobody says which events. */
export const TOLD = ['UserPromptSubmit', 'MessageStart', 'MessageEnd', 'Stop'];

// In every page, after `words`.
function exportWords() {
  window.heard = [];
  /** Exports, and keeps what an export without filters has to bring. */
  window.begin = (options) => {
    window.exported = __claudeHooks.export({ format: 'ndjson', ...options });
    __claudeHooks.on('*', ({ type, seq }) => {
      if (!/Delta$|Notice/.test(type)) window.heard.push(`${type} ${seq}`);
    });
    return exported.stats().state;
  };
  window.stats = () => exported.stats();
  /** What is in the database, by store; nothing if there is none. */
  window.stored = async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === 'pagetap-export')) return null;
    const db = await new Promise((resolve, reject) => {
      const opening = indexedDB.open('pagetap-export');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const found = {};
    for (const name of db.objectStoreNames) {
      found[name] = await new Promise((resolve) => {
        db.transaction(name).objectStore(name).getAll().onsuccess = ({ target }) => resolve(target.result);
      });
    }
    db.close();
    return found;
  };
}

/** What runs first in every page, for pages of other browsers. */
export const inits = [words, exportWords];

export async function startScene(options = {}) {
  const bench = await startBench(options);
  const collectors = [];
  return {
    ...bench,
    inits,
    async collector(options) {
      const collector = await startCollector(options);
      collectors.push(collector);
      return collector;
    },
    async open(page = {}) {
      const opened = await bench.open({ head: CLASSIC, before: [exportWords], ...page });
      opened.done = async () => {
        assert.deepEqual(await opened.evaluate(() => words.faults), []);
        assert.deepEqual(opened.faults, []);
        await opened.close();
      };
      return opened;
    },
    async close() {
      await bench.close();
      for (const collector of collectors) await collector.close();
    },
  };
}

/** Sends `count` prompts and reads the answers. */
export const ask = (page, count = 1) => page.evaluate(async ([url, count]) => {
  for (let i = 0; i < count; i++) await words.ask(url);
  await words.settled();
}, [TEXT, count]);

/** Resolves when `condition(stats)` holds in the page. */
export const until = (page, condition) => page.evaluate((condition) => {
  const holds = (0, eval)(condition);
  return words.until(() => holds(exported.stats()) && exported.stats());
}, String(condition));

/** `TYPE SEQ` of what a collector has kept, in order. */
export const told = ({ lines }) => lines.filter(({ type }) => type !== 'Notice').map(({ type, seq }) => `${type} ${seq}`);
