// What the tests of faults share: the bench of the transparency suite with what ships in the tapped page,
// and a line that goes wrong.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startBench as startPages } from '../transparency/bench.mjs';
import { startLine } from './line.mjs';
import { listening, words } from './page.mjs';

const SCRIPT = readFileSync(new URL('../../../dist/pagetap.js', import.meta.url), 'utf8');

export { PIPES } from './page.mjs';

/**
 * A server, a line, a browser. `both(scenario, given)` runs `scenario({ line, ...given })` in an untouched and
 * in a tapped page, compares, and gives what the page saw and what was told. `first`: a script that runs before
 * the tap, in both pages; `late`: the tap comes when the scenario calls `__install()`, which does nothing in the
 * untouched page; `same`: what of the results is compared; `read`: read in the tapped page at the end, as `read`;
 * `last`: runs in both, behind the scenario.
 */
export async function startBench(options) {
  const pages = await startPages(options);
  const line = await startLine();

  async function open({ tapped, first = '', late = false, script = SCRIPT }) {
    // Nothing is listening where it could not be installed.
    const tap = tapped ? `${script};if (window.__claudeTap) (${listening})();` : '';
    return pages.page({ tapped: false, before: `(${words})();${first};${late ? `window.__install = () => {${tap}};` : tap}` });
  }

  return {
    ...pages,
    line,
    open,
    async both(scenario, given = {}, { same = (seen) => seen, read = () => {}, last, ...options } = {}) {
      const results = [];
      for (const tapped of [false, true]) {
        const page = await open({ tapped, ...options });
        const seen = await page.evaluate(scenario, { line: line.port, tapped, ...given });
        if (last) await page.evaluate(last);
        const told = tapped && { ...(await page.evaluate(() => window.__told?.all())), read: await page.evaluate(read) };
        assert.deepEqual(page.failures, []);
        await page.close();
        results.push({ seen, told });
      }
      const [plain, tapped] = results;
      assert.deepEqual(same(tapped.seen), same(plain.seen), 'the page sees the same');
      return { plain: plain.seen, seen: tapped.seen, told: tapped.told };
    },
    async close() {
      await pages.close();
      await line.close();
    },
  };
}
