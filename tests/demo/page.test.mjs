// The demonstration page as a person uses it, with the server that `cargo xtask demo` starts; $DEMO says
// where it is (cargo xtask test --only demo).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { launch } from '../browser/browser.mjs';

const { DEMO } = process.env;

let browser;
before(async () => {
  assert.ok(DEMO, 'there is no $DEMO: run cargo xtask test --only demo');
  browser = await launch();
});
after(() => browser?.close());

/** Runs `visit` with an open page; nothing may have gone wrong in it. */
async function visiting(visit, { slowly = false, tap = true } = {}) {
  const page = await browser.context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  // At the speed of the recording there is time to act in the middle of an answer.
  if (slowly) await page.route(/\/completion/, (route) => route.continue({ url: `${route.request().url()}?speed=1` }));
  await page.goto(DEMO + (tap ? '' : '?tap=off'));
  if (tap) await page.waitForFunction(() => window.__claudeHooks);
  await visit(page);
  assert.deepEqual(faults, []);
  await page.close();
}

async function send(page, text) {
  await page.fill('#prompt', text);
  await page.click('#send');
}

/** The names in the live list, once the answer is over and the last of them is one of `last`. */
async function namesUntil(page, ...last) {
  await page.waitForSelector('#messages > .answer:last-of-type[aria-busy=false]');
  const found = await page.waitForFunction((last) => {
    const names = [...document.querySelectorAll('#rows .name')].map((name) => name.textContent);
    return names.some((name) => last.includes(name)) && names;
  }, last);
  return found.jsonValue();
}

const once = (names, name) => assert.equal(names.filter((other) => other === name).length, 1, `${name} in ${names}`);

test('a prompt is answered, and the list shows the turn as it comes', async () => {
  await visiting(async (page) => {
    await send(page, 'Plan a picnic for Saturday with your tools, and put it in my calendar.');
    assert.equal(await page.textContent('#send'), 'Stop');
    const names = await namesUntil(page, 'Stop');
    for (const name of ['UserPromptSubmit', 'Stop']) once(names, name);
    for (const name of ['MessageStart', 'PreToolUse', 'PostToolUse', 'MessageEnd']) assert.ok(names.includes(name), `${name} in ${names}`);
    assert.equal(await page.textContent('#send'), 'Send');
    assert.ok((await page.textContent('.answer .text')).length > 20);
    assert.match(await page.textContent('.tool .tool-state'), /done/);
  });
});

test('Stop ends the answer in the middle, and the list says that the turn is over', async () => {
  await visiting(async (page) => {
    await send(page, 'Think it through: six friends all shake hands once. How many handshakes?');
    await page.waitForFunction(() => [...document.querySelectorAll('#rows .name')].some(({ textContent }) => textContent === 'MessageStart'));
    await page.click('#send');
    const names = await namesUntil(page, 'Stop', 'StopFailure');
    assert.match(await page.textContent('.answer .note'), /You stopped this answer/);
    assert.equal(names.filter((name) => /^Stop/.test(name)).length, 1, String(names));
    once(names, 'MessageEnd');
  }, { slowly: true });
});

test('Allow lets the tool run, and both sides of the question are heard', async () => {
  await visiting(async (page) => {
    await send(page, 'Ask my permission, then mail the allotment club about the seed swap.');
    await page.getByRole('button', { name: 'Allow once' }).click();
    const names = await namesUntil(page, 'Stop');
    for (const name of ['PermissionRequest', 'PermissionGranted', 'Stop']) once(names, name);
    assert.ok(names.includes('PostToolUse'), String(names));
  });
});

test('a refusal stops the answer, and is heard as one', async () => {
  await visiting(async (page) => {
    await send(page, 'Ask my permission, then mail the allotment club about the seed swap.');
    await page.getByRole('button', { name: 'Do not allow' }).click();
    const names = await namesUntil(page, 'Stop', 'StopFailure');
    assert.match(await page.textContent('.answer .note'), /You did not allow it/);
    for (const name of ['PermissionRequest', 'PermissionDenied']) once(names, name);
    assert.ok(!names.includes('PermissionGranted'), String(names));
  });
});

test('a prompt that is refused is news in both halves, and the person can try again', async () => {
  await visiting(async (page) => {
    await send(page, 'Hit the limit.');
    const names = await namesUntil(page, 'StopFailure');
    once(names, 'StopFailure');
    assert.ok((await page.textContent('.answer .note.bad')).length > 5);
    await page.getByRole('button', { name: 'Try again' }).click();
    once(await namesUntil(page, 'Stop'), 'Stop');
  });
});

test('the bookmarklet can be dragged from the header, and clicked there taps a page without a tap', async () => {
  await visiting(async (page) => {
    const link = page.locator('header a.bookmarklet');
    const built = readFileSync(new URL('../../dist/bookmarklet.txt', import.meta.url), 'utf8');
    assert.equal(await link.getAttribute('href'), built);
    assert.equal(await link.evaluate((element) => element.draggable), true);
    await page.waitForSelector('#tap-state[data-on=false]');
    await link.click();
    await page.waitForSelector('#tap-state[data-on=true]');
    await send(page, 'Plan a picnic for Saturday with your tools, and put it in my calendar.');
    once(await namesUntil(page, 'Stop'), 'UserPromptSubmit');
  }, { tap: false });
});

test('the list unfolds, filters, changes its layer and is cleared', async () => {
  await visiting(async (page) => {
    await send(page, 'Plan a picnic for Saturday with your tools, and put it in my calendar.');
    await namesUntil(page, 'Stop');
    const count = () => page.evaluate(() => [
      parseInt(document.querySelector('#count').textContent, 10),
      [...document.querySelectorAll('#chips b')].reduce((sum, { textContent }) => sum + Number(textContent), 0),
    ]);
    const [total, sum] = await count();
    assert.ok(total > 10 && total === sum, `${total} events, ${sum} in the chips`);

    await page.locator('#rows > li', { hasText: 'UserPromptSubmit' }).getByRole('button').click();
    const payload = JSON.parse(await page.textContent('#rows [aria-label=Payload]'));
    assert.equal(payload.prompt, 'Plan a picnic for Saturday with your tools, and put it in my calendar.');

    const family = await page.getAttribute('#rows > li', 'data-family');
    const visible = () => page.locator(`#rows > li[data-family="${family}"] >> visible=true`).count();
    const shown = await visible();
    await page.click(`#chips [data-family="${family}"]`);
    assert.ok(shown > 0 && (await visible()) === 0);
    await page.click(`#chips [data-family="${family}"]`);
    assert.equal(await visible(), shown);

    await page.click('[data-layer=raw]');
    assert.deepEqual(await count(), [0, 0]);
    await send(page, 'Think it through: six friends all shake hands once. How many handshakes?');
    await page.waitForFunction(() => document.querySelectorAll('#rows > li').length > 3);
    await page.waitForSelector('#messages > .answer:last-of-type[aria-busy=false]');
    await page.click('#clear');
    assert.deepEqual(await count(), [0, 0]);
    assert.equal(await page.locator('#rows > li').count(), 0);
  });
});
