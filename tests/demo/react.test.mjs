// The demonstration's React chat, in Chromium and in Firefox, with the server that `cargo xtask demo` starts; $DEMO
// says where it is (cargo xtask test --only demo).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { launch } from '../browser/browser.mjs';
import { launchFirefox } from '../browser/firefox.mjs';
import { runSession } from './react_session.mjs';

const { DEMO } = process.env;

let chromium;
before(async () => {
  assert.ok(DEMO, 'there is no $DEMO: run cargo xtask test --only demo');
  chromium = await launch();
});
after(() => chromium?.close());

/** Runs `visit` with an open page; nothing may have gone wrong in it. */
async function visiting(page, visit) {
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  const result = await visit(page);
  assert.deepEqual(faults, []);
  await page.close();
  return result;
}

/** The same in Chromium, with the chat ready. */
const inChat = (visit, path = 'new') => chromium.context.newPage().then((page) => visiting(page, async () => {
  await page.goto(DEMO + path);
  await page.waitForSelector('[data-testid="send-button"]');
  return visit(page);
}));

async function send(page, text) {
  await page.fill('[data-testid="chat-input"]', text);
  await page.click('[data-testid="send-button"]');
}

/** What a recorded turn holds, read without any of our code. */
function recorded(kind) {
  const lines = readFileSync(new URL(`../../www/turns/${kind}.sse`, import.meta.url), 'utf8').split('\n');
  const records = lines.filter((line) => line.startsWith('data:')).map((line) => JSON.parse(line.slice(5)));
  const started = (type) => records.flatMap(({ content_block }) => (content_block?.type === type ? [content_block] : []));
  return {
    messages: records.filter(({ type }) => type === 'message_start').length,
    tools: started('tool_use').map(({ name }) => name),
    results: started('tool_result').map(({ is_error }) => (is_error ? 'error' : 'done')),
    text: records.map(({ delta }) => (delta?.type === 'text_delta' ? delta.text : '')).join(''),
  };
}

/** The words of markdown, in order; its marks and the sources' names are not among them. */
const words = (text) => text.match(/[\p{L}\p{N}]+/gu);

/** The hook events of each turn: from its prompt to the next one. */
function byTurn(hooks) {
  const turns = [];
  for (const hook of hooks) {
    if (hook.type === 'UserPromptSubmit') turns.push([]);
    turns.at(-1)?.push(hook);
  }
  return turns;
}

function check({ turns, hooks }) {
  assert.equal(turns.length, 20);
  const conversations = new Set(turns.map(({ conversation }) => conversation));
  const begun = hooks.filter(({ type }) => type === 'SessionStart').map(({ conversationId }) => conversationId);
  assert.deepEqual(begun, [...conversations]);
  assert.equal(conversations.size, 3);

  const told = byTurn(hooks);
  assert.equal(told.length, turns.length);
  for (const [at, turn] of turns.entries()) {
    const which = `turn ${at + 1}, ${turn.kind}`;
    const named = (...types) => told[at].filter(({ type }) => types.includes(type));
    const { messages, tools, results, text } = recorded(turn.kind);

    // Each once, and all of the conversation that was shown.
    assert.deepEqual(named('UserPromptSubmit').map(({ prompt }) => prompt), [turn.prompt], which);
    assert.equal(named('MessageStart').length, turn.whole ? messages : 1, which);
    assert.equal(named('MessageEnd').length, named('MessageStart').length, which);
    assert.equal(named('Stop', 'StopFailure').length, 1, which);
    assert.equal(named('Stop').length, 1, which);
    for (const hook of told[at]) {
      if (hook.conversationId !== undefined && hook.type !== 'SessionStart') assert.equal(hook.conversationId, turn.conversation, `${which}: ${hook.type}`);
    }
    const used = named('ToolUseStart').map(({ toolName }) => toolName);
    assert.deepEqual(turn.tools.map(({ name }) => name), used, which);
    const said = named('MessageDelta').map(({ text }) => text).join('');

    if (turn.whole) {
      assert.deepEqual(used, tools, which);
      assert.deepEqual(named('PostToolUse', 'PostToolUseFailure').map(({ type }) => (type === 'PostToolUse' ? 'done' : 'error')), results, which);
      assert.deepEqual(turn.tools.map(({ state }) => state), results, which);
      assert.equal(said, text, which);
      // What the page shows beside it names the sources.
      const rest = words(turn.text);
      for (const word of words(text)) assert.ok(rest.includes(word) || turn.text.includes(word), `${which}: ${word}`);
    } else {
      assert.ok(text.startsWith(said) && said.length < text.length, which);
      assert.ok(turn.text.length > 0, which);
      assert.ok(turn.tools.every(({ state }) => state !== 'running'), which);
    }
  }
  const types = (type) => hooks.filter((hook) => hook.type === type).length;
  assert.deepEqual([types('PermissionRequest'), types('PermissionGranted'), types('PermissionDenied')], [3, 2, 1]);
}

// What a page shows of a turn.
const SHOWN = ['SessionStart', 'UserPromptSubmit', 'MessageStart', 'ToolUseStart', 'PostToolUse', 'PostToolUseFailure', 'PermissionRequest', 'MessageEnd', 'Stop'];

/** The wire told everything, and the page showed it, in the order of the wire or later. */
function checkRendered({ hooks }) {
  assert.deepEqual(hooks.filter(({ source }) => source === 'dom'), []);
  const unseen = hooks.filter(({ type, renderedAt }) => SHOWN.includes(type) && !(renderedAt > 0));
  assert.deepEqual(unseen.map(({ type, ts, prompt }) => `${type} ${ts - hooks[0].ts} ${prompt ?? ""}`).join("\n"), "");
}

/** Nobody but the page told of it: each turn, whole, in order, and of the conversation that was shown. */
function checkSeen({ turns, hooks }) {
  assert.equal(turns.length, 20);
  for (const hook of hooks) assert.deepEqual([hook.source, hook.observed, hook.streamId], ['dom', true, 0], JSON.stringify(hook));
  const told = byTurn(hooks.filter(({ type }) => type !== 'SessionStart'));
  assert.equal(told.length, turns.length);
  for (const [at, turn] of turns.entries()) {
    const which = `turn ${at + 1}, ${turn.kind}`;
    const of = (...types) => told[at].filter(({ type }) => types.includes(type));
    assert.deepEqual(of('UserPromptSubmit').map(({ prompt }) => prompt), [turn.prompt], which);
    for (const type of ['MessageStart', 'MessageEnd', 'Stop']) assert.equal(of(type).length, 1, `${which}: ${type}`);
    assert.deepEqual(of('ToolUseStart').map(({ toolName }) => toolName), turn.tools.map(({ name }) => name), which);
    const results = of('PostToolUse', 'PostToolUseFailure');
    assert.deepEqual(new Set(results.map(({ toolId }) => toolId)), new Set(of('ToolUseStart').map(({ toolId }) => toolId)), which);
    assert.deepEqual(told[at].slice(-2).map(({ type }) => type), ['MessageEnd', 'Stop'], which);
    assert.equal(new Set(told[at].map(({ turnId }) => turnId)).size, 1, which);
    assert.equal(of('Stop')[0].conversationId, turn.conversation, which);
  }
  assert.equal(hooks.filter(({ type }) => type === 'PermissionRequest').length, 3);
}

// Side by side: most of a turn is waiting for the next word.
describe('twenty turns', { concurrency: true }, () => {
  // Each in a browser of its own: pages share what they keep, and a tab behind another is hidden.
  const browsers = {
    Chromium: async () => {
      const { context, close } = await launch();
      return { newPage: () => context.newPage(), close };
    },
    Firefox: launchFirefox,
  };
  for (const [name, start] of Object.entries(browsers)) {
    const run = async (options) => {
      const browser = await start();
      try {
        return await visiting(await browser.newPage(), (page) => runSession(page, DEMO, options));
      } finally {
        await browser.close();
      }
    };
    test(`in ${name}: the wire tells each hook once, and when the page showed it`, async () => {
      const session = await run({ rendered: true });
      check(session);
      checkRendered(session);
    });
    test(`in ${name}, the wire broken: the page alone tells each turn`, async () => checkSeen(await run({ wire: false })));
  }
});

test('another language changes every word of the chat, and which side it begins at', async () => {
  await inChat(async (page) => {
    await send(page, 'Ask my permission, then mail the allotment club about the seed swap.');
    await page.waitForSelector('[data-testid="permission-dialog"]');
    // What the person, the service and the languages themselves say stays as it is.
    const chrome = () => page.evaluate(() => {
      const said = ['user-message', 'assistant-text', 'tool-name', 'conversation-link', 'language'].map((id) => `[data-testid="${id}"]`);
      const kept = [...said, 'code', 'pre', 'bdi', '.tool-preview'].join();
      const texts = [];
      const walk = document.createTreeWalker(document.querySelector('.react-chat'), NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) if (!walk.currentNode.parentElement.closest(kept)) texts.push(walk.currentNode.data.trim());
      const attributes = ['aria-label', 'placeholder', 'title', 'alt'].flatMap((name) =>
        [...document.querySelectorAll(`.react-chat [${name}]`)].map((node) => node.getAttribute(name)));
      return [...texts, ...attributes].filter((text) => /\p{L}/u.test(text));
    });
    const english = await chrome();
    assert.ok(english.includes('Allow') && english.includes('Messages') && english.length > 10, String(english));
    for (const [id, letters, dir] of [['zh', /\p{Script=Han}/u, 'ltr'], ['ar', /\p{Script=Arabic}/u, 'rtl']]) {
      await page.selectOption('[data-testid="language"]', id);
      const texts = await chrome();
      assert.equal(texts.length, english.length);
      for (const text of texts) assert.ok(letters.test(text) && !/[A-Za-z]/.test(text), `${id}: ${text}`);
      assert.equal(await page.locator('[data-testid="conversation"]').evaluate((node) => getComputedStyle(node).direction), dir);
    }
    await page.click('[data-testid="deny"]');
    await page.waitForSelector('[data-testid="send-button"]');
  });
});

test('of 5,000 messages few are in the document, the end is in view and stays there', async () => {
  await inChat(async (page) => {
    const atEnd = () => page.waitForFunction(() => {
      const { scrollTop, scrollHeight, clientHeight } = document.querySelector('[data-testid="messages"]');
      return scrollHeight > 100_000 && scrollHeight - scrollTop - clientHeight < 2;
    });
    await page.click('[data-testid="load-long"]');
    await atEnd();
    const count = () => page.locator('[data-testid="user-message"], [data-testid="assistant-message"]').count();
    assert.ok((await count()) < 60, String(await count()));
    await send(page, 'Plan a picnic for Saturday with your tools, and put it in my calendar.');
    await page.waitForFunction(() => [...document.querySelectorAll('#rows .name')].some(({ textContent }) => textContent === 'Stop'));
    await atEnd();
    assert.match(await page.locator('[data-testid="assistant-text"]').last().textContent(), /Have a good afternoon/);

    // Whoever reads further up is left there.
    await page.locator('[data-testid="messages"]').evaluate((node) => node.scrollTo(0, 1000));
    await page.waitForSelector('.to-end');
    await page.waitForFunction(() => document.querySelector('[data-testid="user-message"]')?.textContent.startsWith('3. '));
    await page.click('.to-end');
    await atEnd();
  });
});

test('a reload keeps the conversation of the address, and it goes on from there', async () => {
  await inChat(async (page) => {
    const bodies = [];
    page.on('request', (request) => request.url().endsWith('/completion') && bodies.push(request.postDataJSON()));
    await send(page, 'Just plain words.');
    await page.waitForSelector('[data-is-streaming="false"]');
    const address = page.url();
    await page.reload();
    await page.waitForSelector('[data-testid="user-message"]');
    assert.equal(page.url(), address);
    await send(page, 'Just plain words.');
    await page.waitForFunction(() => document.querySelectorAll('[data-is-streaming="false"]').length === 2);
    const [first, second] = bodies;
    assert.equal(second.parent_message_uuid, first.turn_message_uuids.assistant_message_uuid);
    assert.ok(first.create_conversation_params && !second.create_conversation_params);
  });
});

test('an answer goes on while another conversation is shown', async () => {
  await inChat(async (page) => {
    await send(page, 'Ask my permission, then mail the allotment club about the seed swap.');
    await page.waitForSelector('[data-testid="permission-dialog"]');
    await page.click('[data-testid="new-chat"]');
    await page.waitForSelector('[data-testid="permission-dialog"]', { state: 'detached' });
    await send(page, 'Just plain words.');
    await page.waitForSelector('[data-is-streaming="false"]');
    await page.click('[data-testid="conversation-link"] >> nth=1');
    await page.click('[data-testid="allow"]');
    await page.waitForSelector('[data-testid="tool-card"][data-state="done"]');
  });
});

test('the switch breaks the wire and mends it, and the list goes on with the tap there is', async () => {
  await inChat(async (page) => {
    const stops = (count) => page.waitForFunction((count) =>
      [...document.querySelectorAll('#rows .name')].filter(({ textContent }) => textContent === 'Stop').length === count, count);
    await send(page, 'Just plain words.');
    await stops(1);
    const whole = await page.evaluateHandle(() => window.__claudeHooks);
    await page.click('#wire');
    await page.waitForFunction((old) => window.__claudeHooks && window.__claudeHooks !== old, whole);
    await page.waitForSelector('#tap-state:has-text("sees the page alone")');
    assert.ok(new URL(page.url()).searchParams.get('wire') === 'off');
    await page.click('#wire');
    await page.waitForSelector('#tap-state:has-text("is watching")');
    await send(page, 'Just plain words.');
    await stops(2);
    assert.equal(new URL(page.url()).search, '');
  });
});

test('the live list marks what was read from the page, and says when the page showed what the wire told', async () => {
  await inChat(async (page) => {
    await page.evaluate(() => {
      // A tap that tells one event of each kind.
      window.__claudeHooksDestroy();
      window.__claudeHooks = { version: '0', on: (_, listener) => void (window.tell = listener) };
      window.dispatchEvent(new CustomEvent('pagetap:installed'));
      const wire = { type: 'MessageStart', ts: 1000, source: 'wire', observed: true };
      window.tell(wire);
      wire.renderedAt = 1085;
      window.tell({ type: 'Stop', ts: 2000, source: 'dom', confidence: 'low', observed: true });
    });
    const row = (name) => page.locator('#rows > li', { hasText: name });
    assert.equal(await row('MessageStart').locator('.rendered').textContent(), 'shown +85 ms');
    assert.equal(await row('MessageStart').locator('.origin').count(), 0);
    assert.equal(await row('Stop').locator('.origin[data-confidence="low"]').textContent(), 'dom, low');
  });
});

test('at 360 pixels every control is in the window, and the keyboard alone leads through a turn', async () => {
  const page = await chromium.context.newPage();
  await page.setViewportSize({ width: 360, height: 640 });
  await visiting(page, async () => {
    await page.goto(`${DEMO}new`);
    await page.focus('[data-testid="chat-input"]');
    await page.keyboard.type('Ask my permission, then mail the allotment club about the seed swap.');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-testid="permission-dialog"]');
    // The sidebar is a strip to scroll; all else must fit.
    const outside = await page.evaluate(() => [...document.querySelectorAll('header :is(a, input), .conversation :is(button, textarea, pre, summary)')]
      .filter((node) => node.getBoundingClientRect().left < 0 || node.getBoundingClientRect().right > innerWidth)
      .map((node) => node.textContent));
    assert.deepEqual(outside, []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await page.keyboard.press('Shift+Tab'); // Deny stands before the composer
    await page.keyboard.press('Shift+Tab');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'allow');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-testid="tool-card"][data-state="done"]');
  });
});
