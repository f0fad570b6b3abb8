// The demonstration page's switch "send to a collector", with the server and the collector that `cargo xtask demo`
// starts; $DEMO says where it is (cargo xtask test --only demo).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { launch } from '../browser/browser.mjs';

const { DEMO } = process.env;
const PROMPT = 'Plan a picnic for Saturday with your tools, and put it in my calendar.';

let browser;
before(async () => {
  assert.ok(DEMO, 'there is no $DEMO: run cargo xtask test --only demo');
  browser = await launch();
});
after(() => browser?.close());

/** The page with its switch in sight; what it sent, and to where, is in `sent`. */
async function visiting(visit, path = '') {
  // A log of its own.
  const context = await browser.browser.newContext();
  const page = await context.newPage();
  const faults = [];
  const sent = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  context.on('request', (request) => request.method() === 'POST' && sent.push(request));
  await page.goto(DEMO + path);
  await page.waitForFunction(() => window.__claudeHooks && document.querySelector('#export-to').value);
  await page.click('#export summary');
  const { origin } = await (await fetch(`${DEMO}collector`)).json();
  await visit(page, { origin, toCollector: () => sent.filter((request) => request.url().startsWith(origin)) });
  assert.deepEqual(faults, []);
  await context.close();
}

async function turn(page) {
  await page.fill('#prompt', PROMPT);
  await page.click('#send');
  await page.waitForSelector('#messages > .answer:last-of-type[aria-busy=false]');
}

const lines = (page) => page.locator('#export-lines > li').allTextContents();

/** The list below, once one of its lines matches. */
async function until(page, pattern) {
  await page.waitForFunction((source) => new RegExp(source).test(document.querySelector('#export-lines').textContent), pattern.source);
  return lines(page);
}

test('nothing leaves until it is switched on', async () => {
  await visiting(async (page, { origin, toCollector }) => {
    assert.equal(await page.inputValue('#export-to'), origin);
    assert.equal(await page.locator('[name=include]:checked').count(), 0);
    await turn(page);
    assert.deepEqual(toCollector(), []);
    assert.match(await page.textContent('.promise'), /Nothing leaves this page/);
    assert.equal(await page.evaluate(async () => (await indexedDB.databases()).length), 0);
  });
});

test('switched on: what arrives is shown as it comes, the way is named, content stays', async () => {
  await visiting(async (page, { origin, toCollector }) => {
    await page.click('[data-export=on]');
    assert.equal(await page.textContent('.promise'), `This observes; it cannot block. Events go to ${origin}.`);
    await turn(page);
    const arrived = await until(page, /claude_tap\.stop/);
    assert.ok(arrived.some((line) => /span {3}execute_tool/.test(line)), arrived.join('\n'));
    await page.waitForFunction(() => document.querySelector('#export-direct').textContent === 'works');
    assert.equal(await page.textContent('#export-window'), 'not needed');
    assert.match(await page.textContent('#export-said'), /^\d+ acknowledged/);
    assert.ok(toCollector().length > 0);
    const bodies = toCollector().map((request) => gunzipSync(request.postDataBuffer()).toString());
    assert.match(bodies.join(), /"claude_tap.stop"/);
    assert.doesNotMatch(bodies.join(), /picnic/i);
    await page.click('[data-export=off]');
    assert.match(await page.textContent('.promise'), /Nothing leaves this page/);
  });
});

test('a class of content goes when its box is ticked, and no other', async () => {
  await visiting(async (page, { toCollector }) => {
    await page.selectOption('#export-format', 'ndjson');
    await page.check('[value=prompts]');
    await page.click('[data-export=on]');
    await turn(page);
    await until(page, /event {2}Stop/);
    const events = toCollector().flatMap((request) => request.postData().trim().split('\n').map((line) => JSON.parse(line)));
    const of = (name) => events.find(({ type }) => type === name);
    assert.equal(of('UserPromptSubmit').prompt, PROMPT);
    assert.ok(of('PreToolUse') && !('toolInput' in of('PreToolUse')), JSON.stringify(of('PreToolUse')));
    assert.ok(of('Stop') && !('lastAssistantMessage' in of('Stop')));
  });
});

test('a dry run shows each request, all of it, and sends none', async () => {
  await visiting(async (page, { origin, toCollector }) => {
    await page.selectOption('#export-format', 'hooks');
    await page.click('[data-export=dry]');
    await turn(page);
    const shown = await until(page, /"hook_event_name":"Stop"/);
    assert.ok(shown.every((text) => text.includes(`POST ${origin}/hooks\ncontent-type: application/json\n\n{`)), shown[0]);
    const bodies = shown.map((text) => JSON.parse(text.slice(text.indexOf('\n\n'))));
    assert.equal(bodies.filter(({ hook_event_name: name }) => name === 'UserPromptSubmit').length, 1);
    assert.equal(await page.textContent('#export-direct'), 'nothing is sent: a dry run');
    assert.deepEqual(toCollector(), []);
  });
});

test("under connect-src 'self' it says that the policy is why, and the window brings all", async () => {
  await visiting(async (page, { origin, toCollector }) => {
    await page.click('[data-export=on]');
    await turn(page);
    await page.waitForSelector('#export-relay:not([hidden])');
    assert.equal(await page.textContent('#export-direct'), `the page's Content-Security-Policy (connect-src) does not allow ${origin}`);
    assert.equal(await page.textContent('#export-window'), 'not open');
    assert.deepEqual(await lines(page), []);
    await page.click('#export-relay');
    await until(page, /claude_tap\.stop/);
    await page.waitForFunction(() => document.querySelector('#export-window').textContent === 'works');
    assert.match(await page.textContent('#export-direct'), /^the page's Content-Security-Policy/);
    assert.ok(toCollector().every((request) => request.frame().url().startsWith(`${origin}/relay`)));
  }, '?policy=self');
});
