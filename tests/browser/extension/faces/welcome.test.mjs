// The page of the first run.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { overflowing, screenshot, startFaces, walk } from './faces.mjs';

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

test('it says what is seen, what is stored, that nothing leaves unasked, and that it cannot block', async () => {
  for (const scheme of ['light', 'dark']) {
    await faces.open('welcome/welcome.html', { scheme, width: 960, height: 800 }, async (page) => {
      const text = await page.textContent('main');
      for (const said of [/What it sees/, /What it stores/, /Nothing, until you add a collector .* nowhere else\. There is no server of ours/, /it cannot block/]) assert.match(text, said);
      // Where the browser has warned of more than that.
      assert.equal(await page.isVisible('text=all data on all websites'), true);
      await screenshot(page, `welcome-${scheme}`, { fullPage: true });
      await page.click('#options');
      assert.deepEqual(await page.evaluate(() => window.stub.opened), ['options']);
    });
  }
});

test('it does not speak of a warning where the browser gives none', async () => {
  await faces.open('welcome/welcome.html', { given: { manifest: { optional_permissions: ['devtools'] } } }, async (page) => {
    assert.equal(await page.isVisible('#warned'), false);
  });
});

test('320 px are enough, in either language, and its button is reached', async () => {
  for (const locale of ['en', 'zh_CN']) {
    await faces.open('welcome/welcome.html', { width: 320, locale }, async (page) => {
      assert.deepEqual(await overflowing(page), []);
      assert.deepEqual((await walk(page)).map(({ id, seen }) => [id, seen]), [['options', true]]);
      assert.equal(await page.getAttribute('html', 'lang'), locale.replace('_', '-'));
    });
  }
});
