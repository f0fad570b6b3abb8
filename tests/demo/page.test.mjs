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
async function visiting(visit, { pipe = 'claude-ai', slowly = false, tap = true } = {}) {
  const page = await browser.context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  // At the speed of the recording there is time to act in the middle of an answer.
  if (slowly) await page.route(/\/completion/, (route) => route.continue({ url: `${route.request().url()}?speed=1` }));
  await page.goto(`${DEMO}?pipe=${pipe}${tap ? '' : '&tap=off'}`);
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

/** Services that ask: what makes them, the buttons, and how the page goes on. */
const ASKING = {
  'claude-ai': {
    prompt: 'Ask my permission, then mail the allotment club about the seed swap.',
    allow: 'Allow once',
    allowed: /Sent\. The allotment club now knows/,
    deny: 'Do not allow',
    denied: /You did not allow it, so the answer was stopped/,
  },
  'ccr-v1': {
    prompt: 'Run the planner tests.',
    allow: 'Allow',
    allowed: /All 14 planner tests pass/,
    deny: 'Deny',
    denied: /Then I leave the tests alone.*It was not allowed to use a tool/s,
  },
  'ccr-v2': {
    prompt: 'Run the planner tests.',
    allow: 'Allow',
    allowed: /All 14 planner tests pass/,
    deny: 'Deny',
    denied: /Then I leave the tests alone.*It was not allowed to use a tool/s,
  },
  'managed-agents': {
    prompt: 'Count the books on the shelves.',
    allow: 'Allow',
    allowed: /There are 360 books/,
    deny: 'Deny',
    denied: /Without the files I cannot count them/,
  },
  ide: {
    prompt: 'Fix the loop in water.js.',
    allow: 'Save',
    allowed: /It is saved/,
    deny: 'Reject',
    denied: /I leave the file as it is/,
  },
};

/** Has the person press a button; what was heard of permissions, once the page has gone on. */
async function decide(page, prompt, button, goesOn) {
  await page.evaluate(() => {
    window.heard = [];
    window.__claudeHooks.on('*', ({ raw, ...payload }) => window.heard.push(payload));
  });
  await send(page, prompt);
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.waitForSelector('#messages > .answer:last-of-type[aria-busy=false]');
  assert.match(await page.textContent('.answer'), goesOn);
  assert.equal(await page.locator('.ask:not([hidden])').count(), 0, 'nothing is asked any more');
  assert.equal(await page.textContent('#send'), 'Send');
  return page.evaluate(() => window.heard);
}

/** Who asked and who answered, once each, of the same call; in sessions also how long it took. */
function assertDecided(heard, decision) {
  const names = heard.map(({ type }) => type);
  const permissions = heard.filter(({ type }) => type.startsWith('Permission'));
  assert.deepEqual(permissions.map(({ type }) => type), ['PermissionRequest', decision]);
  const [request, answer] = permissions;
  assert.ok(request.toolId && request.toolId === answer.toolId, JSON.stringify(permissions));
  const isTimed = answer.dialect !== 'claudeai';
  assert.deepEqual([request, answer].map(({ latencyMs }) => Number.isInteger(latencyMs)), [false, isTimed], JSON.stringify(permissions));
  assert.ok(names.indexOf('PreToolUse') < names.indexOf('PermissionRequest'), String(names));
  return names;
}

for (const [pipe, { prompt, allow, allowed, deny, denied }] of Object.entries(ASKING)) {
  test(`${pipe}: ${allow} lets the tool run, and both sides of the question are heard`, async () => {
    await visiting(async (page) => {
      const heard = await decide(page, prompt, allow, allowed);
      const names = assertDecided(heard, 'PermissionGranted');
      const { toolId } = heard.find(({ type }) => type === 'PermissionGranted');
      const results = heard.filter((event) => event.type === 'PostToolUse' && event.toolId === toolId);
      assert.equal(results.length, 1, String(names));
      if (pipe !== 'ide') once(await namesUntil(page, 'Stop'), 'Stop'); // an editor has no turns
    }, { pipe });
  });

  test(`${pipe}: ${deny} is heard as a refusal, and the page goes on without the tool`, async () => {
    await visiting(async (page) => {
      assertDecided(await decide(page, prompt, deny, denied), 'PermissionDenied');
      if (pipe === 'ide') return; // an editor has no turns
      const names = await namesUntil(page, 'Stop', 'StopFailure');
      assert.equal(names.filter((name) => /^Stop/.test(name)).length, 1, String(names));
    }, { pipe });
  });
}

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

test('the list follows its end, also when a scroll is told late and when it is shown again', async () => {
  await visiting(async (page) => {
    await page.setViewportSize({ width: 360, height: 640 });
    // A scroll of the list's own that is told once more rows have come.
    await page.evaluate(() => {
      const late = () => document.querySelector('#events').dispatchEvent(new Event('scroll'));
      new MutationObserver(late).observe(document.querySelector('#rows'), { childList: true });
    });
    const following = async () => {
      await page.waitForFunction(() => {
        const list = document.querySelector('#events');
        return list.scrollTop > 0 && list.scrollHeight - list.scrollTop - list.clientHeight < 8;
      });
      assert.equal(await page.isVisible('#follow'), false);
    };
    await page.click('[data-show=chat]');
    await send(page, 'Plan a picnic for Saturday with your tools, and put it in my calendar.');
    await namesUntil(page, 'Stop');
    await page.click('[data-show=live]');
    await following();
    await page.evaluate(() => document.querySelector('[data-prompt]').click());
    await page.waitForFunction(() => [...document.querySelectorAll('#rows .name')].filter(({ textContent }) => textContent === 'Stop').length === 2);
    await following();
    await page.evaluate(() => document.querySelector('#events').scrollTo(0, 0));
    await page.waitForSelector('#follow:not([hidden])');
  });
});
