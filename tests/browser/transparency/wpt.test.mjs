// `cargo xtask wpt` as one types it, over a checkout that is invented (tests/fixtures/wpt): whether it sees a page
// that notices, so that its silence about others says something. The real tests are not here.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const { XTASK } = process.env;
const checkout = fileURLToPath(new URL('../../fixtures/wpt', import.meta.url));
const run = promisify(execFile);

const wpt = (...more) => {
  assert.ok(XTASK, 'there is no $XTASK: run cargo xtask test --only browser');
  return run(XTASK, ['wpt', '--dir', checkout, '--lanes', '1', '--rounds', '2', ...more]);
};

test('a page that notices the tap is a difference, and what cannot run is counted', async () => {
  await assert.rejects(wpt('--browser', 'chromium'), ({ code, stdout }) => {
    assert.equal(code, 1);
    assert.equal(stdout, `\
chromium: 2 pages, 3 tests, of which 2 pass without a tap; 1 differ with one, 0 are unsteady
left out: 1 pages: needs somebody who acts (testdriver.js)
differ:
  xhr/looks.html
    there is no tap
      plain   2 PASS
      tapped  2 FAIL there is a tap
`);
    return true;
  });
});

test('where nothing differs, it succeeds, in both browsers', async () => {
  const { stdout } = await wpt('--only', 'fetch/api/as-');
  const same = 'pages, 1 tests, of which 1 pass without a tap; 0 differ with one, 0 are unsteady\n';
  assert.equal(stdout, `chromium: 1 ${same}firefox: 1 ${same}`);
});
