// The exporter in each shell that carries it, in each of its encodings, and in Firefox.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchFirefox } from '../firefox.mjs';
import { ask, inits, startScene, told, TOLD } from './scene.mjs';

let scene;
before(async () => {
  scene = await startScene();
});
after(() => scene?.close());

const NPM = '<script type="module">import { install } from "/dist/npm/index.js"; install();</script>';
const FULL = '<script src="/gen/bookmarklet_full.js"></script>';

/** A turn, exported as OpenTelemetry and as lines, by the shell in `head`; the page's requests. */
async function exported(head, headers = {}) {
  const [lines, otlp] = [await scene.collector(), await scene.collector()];
  const page = await scene.open({ host: `${scene.key()}.localhost`, head, headers });
  await page.evaluate(() => words.until(() => window.__claudeHooks));
  const requests = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await ask(page);
  const before = requests.filter((path) => path.includes('export'));
  await page.evaluate(([to, base]) => {
    begin({ to });
    window.other = __claudeHooks.export({ to: base });
  }, [lines.to, otlp.origin]);
  await ask(page, 2);
  await page.evaluate(async () => {
    await exported.flush();
    await other.flush();
  });
  assert.deepEqual(told(lines), await page.evaluate(() => heard));
  assert.equal(told(lines).length, 2 * TOLD.length);
  const text = otlp.requests.filter(({ url }) => url === '/v1/traces').map(({ text }) => text).join('');
  assert.equal(text.match(/invoke_agent/g)?.length >= 2, true);
  await page.evaluate(() => Promise.all([exported.stop(), other.stop()]));
  const encoding = await page.evaluate(() => __claudeHooks.stats().encoding);
  await page.done();
  return { before, loaded: requests.filter((path) => path.includes('pagetap-export')), encoding };
}

const REFUSED = { 'content-security-policy': "script-src 'self' 'unsafe-inline'" };

describe('the exporter is there', () => {
  test('in the classic script, nothing else is loaded', async () => {
    assert.deepEqual(await exported('<script src="/dist/pagetap.js"></script>'), { before: [], loaded: [], encoding: 'wasm' });
  });

  test('in the full bookmarklet', async () => {
    assert.deepEqual(await exported(FULL), { before: [], loaded: [], encoding: 'wasm' });
  });

  test('beside the npm package, loaded when something is exported', async () => {
    assert.deepEqual(await exported(NPM), { before: [], loaded: ['/dist/npm/pagetap-export.wasm'], encoding: 'wasm' });
  });

  test('as JavaScript where the page refuses WebAssembly', async () => {
    assert.deepEqual(await exported('<script src="/dist/pagetap.js"></script>', REFUSED), { before: [], loaded: [], encoding: 'js' });
    assert.deepEqual(await exported(NPM, REFUSED), {
      before: [], loaded: ['/dist/npm/pagetap-export.wasm', '/dist/npm/pagetap-export.js'], encoding: 'js',
    });
  });
});

test('in the small bookmarklet there is none', async () => {
  const page = await scene.open({ head: '<script src="/gen/bookmarklet.js"></script>' });
  assert.equal(await page.evaluate(() => typeof __claudeHooks.export), 'undefined');
  await page.done();
});

test('a wrong option throws where it is given, and nothing begins', async () => {
  const page = await scene.open({ host: `${scene.key()}.localhost` });
  const message = await page.evaluate(() => {
    try {
      return __claudeHooks.export({ to: '/collect', format: 'xml' });
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  });
  assert.equal(message, "TypeError: format must be 'otlp', 'otlp-json', 'hooks', 'ndjson', not 'xml'");
  assert.deepEqual(await page.evaluate(() => indexedDB.databases()), []);
  await page.done();
});

test('an exporter that cannot be loaded: blocked, and said why; the tap goes on', async () => {
  const collector = await scene.collector();
  const page = await scene.open({ host: `${scene.key()}.localhost`, head: NPM });
  await page.evaluate(() => words.until(() => window.__claudeHooks));
  await page.route('**/pagetap-export.*', (route) => route.abort());
  await page.evaluate((to) => begin({ to }), collector.to);
  await page.evaluate(() => words.until(() => exported.stats().state === 'blocked'));
  assert.match((await page.evaluate(() => exported.stats())).why, /^the encoder could not be loaded: /);
  await ask(page);
  assert.equal((await page.evaluate(() => heard)).length, TOLD.length);
  await page.evaluate(() => exported.stop());
  await page.done();
});

test('Firefox: an outage, two tabs, one closed', async () => {
  const collector = await scene.collector();
  const firefox = await launchFirefox();
  try {
    const head = `<script>${inits.map((init) => `(${init})();`).join('')}</script><script src="/dist/pagetap.js"></script>`;
    const address = scene.service.page({ head });
    const open = async () => {
      const page = await firefox.newPage();
      await page.goto(address);
      await page.evaluate((to) => void begin({ to }), collector.to);
      return page;
    };
    const first = await open();
    await ask(first);
    await first.evaluate(() => exported.flush());
    await collector.down();
    await ask(first, 2);
    await first.evaluate(() => words.until(() => exported.stats().retries > 0));
    const heard = await first.evaluate(() => window.heard);
    const second = await open();
    await ask(second);
    await collector.up();
    await first.close();
    await second.evaluate(() => window.dispatchEvent(new Event('online')));
    await second.evaluate(() => exported.flush());
    heard.push(...(await second.evaluate(() => window.heard)));
    assert.deepEqual(told(collector).sort(), heard.sort());
    assert.deepEqual(await second.evaluate(() => words.faults), []);
  } finally {
    await firefox.close();
  }
});
