// The side panel: the live list of the tab in front.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { heard, listen, overflowing, saved, sent, startFaces, walk } from './faces.mjs';
import { hostile, HOSTILE, turn } from './turn.mjs';

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

const events = turn();
const hooks = events.filter(({ layer }) => layer === 'hook');
const settings = (more) => ({
  version: 1, sites: { 'https://claude.ai': { on: true } }, layers: { hooks: true, raw: true }, redaction: [],
  limits: { recordedEvents: 200000, recordedBytes: 268435456, shown: 2000 }, collectors: [], ...more,
});

function panel(given, visit, options = {}) {
  return faces.open('panel/panel.html', { width: 380, height: 760, given: { settings: settings(), ...given }, ...options }, async (page) => {
    await page.waitForFunction(() => document.getElementById('state').textContent !== '');
    return visit(page);
  });
}

const tell = (page, message) => page.evaluate((message) => window.stub.tell(message), message);
const names = (page) => page.locator('#rows .name').allTextContents();
const rowsUntil = (page, name) => page.waitForFunction((name) => [...document.querySelectorAll('#rows .name')].some(({ textContent }) => textContent === name), name);

/** Names as the list has them: neighbours of one text are one row. */
const count = (page, text) => page.waitForFunction((text) => document.getElementById('count').textContent === text, text);
/** Types a filter that so many events pass, and waits until they are shown. */
async function filter(page, text, events) {
  await page.fill('#filter', text);
  await count(page, `Events: ${events}`);
}

const folded = (events) => events.map(({ type }) => type).filter((type, at, all) => !(type.endsWith('Delta') && all[at - 1] === type));

test('a turn is listed as it comes, and unfolds to its payload', async () => {
  await panel({ feed: events }, async (page) => {
    await rowsUntil(page, 'Stop');
    assert.deepEqual(await names(page), folded(hooks));
    assert.equal(await page.textContent('#count'), `Events: ${hooks.length}`);
    assert.equal(await page.textContent('#state'), 'watching');
    assert.match(await page.textContent('.promise'), /cannot block/);
    await page.click('#rows li:has-text("PostToolUse") button');
    assert.equal(JSON.parse(await page.textContent('#rows pre:not([hidden])')).toolName, 'weather_forecast');
  });
});

test('a tab that is being recorded says so, until it is not', async () => {
  const recording = { id: 1, since: 1, events: 2, bytes: 3 };
  await panel({ feed: hooks, state: { recording } }, async (page) => {
    assert.equal(await page.textContent('#state'), 'watching, recording');
    await page.evaluate(() => {
      window.stub.state.recording = null;
      window.stub.tell({ state: window.stub.state });
    });
    assert.equal(await page.textContent('#state'), 'watching');
  });
});

test('the other layer, a family hidden, a text: each shows what it says', async () => {
  await panel({ feed: events }, async (page) => {
    await rowsUntil(page, 'Stop');
    await filter(page, 'CALENDAR_add', 2);
    assert.deepEqual(await names(page), ['PermissionRequest', 'PermissionGranted']);
    await filter(page, 'nowhere at all', 0);
    assert.equal(await page.textContent('#empty-why'), 'No event has this text.');
    await filter(page, '', hooks.length);
    await page.click('#chips [data-family=tool]');
    assert.equal(await page.isVisible('#rows [data-family=tool]'), false);
    assert.equal(await page.isVisible('#rows [data-family=message]'), true);
    await page.click('[data-layer=raw]');
    assert.ok((await names(page)).includes('message_stop'));
    assert.ok(!(await names(page)).includes('Stop'));
    assert.ok((await page.locator('#rows li').allTextContents()).some((line) => /POST.*completion/.test(line)));
  });
});

test('a pause holds rows back and loses none', async () => {
  await panel({ feed: hooks.slice(0, 3) }, async (page) => {
    await rowsUntil(page, hooks[2].type);
    await page.click('#pause');
    await tell(page, { events: hooks.slice(3) });
    await page.waitForFunction(() => /waiting/.test(document.getElementById('count').textContent));
    assert.equal((await names(page)).length, 3);
    await page.click('#pause');
    await rowsUntil(page, 'Stop');
    assert.deepEqual(await names(page), folded(hooks));
  });
});

test('a screen reader hears of the state, and of no running number', async () => {
  await panel({ feed: hooks.slice(0, 3) }, async (page) => {
    await rowsUntil(page, hooks[2].type);
    await listen(page);
    const state = await page.evaluate(() => window.stub.state);
    for (const event of hooks.slice(3)) await tell(page, { events: [event], state });
    await rowsUntil(page, 'Stop');
    assert.equal(await page.textContent('#count'), `Events: ${hooks.length}`);
    assert.deepEqual(await heard(page), []);
    // A pause is the state of its button.
    await page.click('#pause');
    assert.equal(await page.getAttribute('#pause', 'aria-pressed'), 'true');
    for (const events of [1, 2, 3]) await tell(page, { events: [hooks[0]], state: { ...state, recording: { id: 1, since: 1, events, bytes: 9 } } });
    await tell(page, { state });
    assert.deepEqual(await heard(page), ['watching, recording', 'watching']);
  });
});

test('what is saved is what is shown', async () => {
  await panel({ feed: events }, async (page) => {
    await rowsUntil(page, 'Stop');
    await filter(page, 'MessageDelta', 4);
    const { text } = await saved(page, '#save');
    const [header, ...lines] = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual([header.kind, header.truncated], ['list', false]);
    assert.deepEqual(lines, hooks.filter(({ type }) => type === 'MessageDelta'));
  });
});

test('the raw layer that is off is said, and turned on by a button', async () => {
  await panel({ settings: settings({ layers: { hooks: true, raw: false } }), feed: hooks }, async (page) => {
    await rowsUntil(page, 'Stop');
    await page.click('[data-layer=raw]');
    assert.match(await page.textContent('#empty-why'), /off in the options/);
    await page.click('#raw-on');
    await page.waitForSelector('#raw-on', { state: 'hidden' });
    const stored = (await sent(page)).find((message) => message.do === 'settings');
    assert.deepEqual(stored.settings, { layers: { hooks: true, raw: true } });
  });
});

test('a feed that ends begins anew, without rows twice; one that stays silent is given up', async () => {
  await panel({ feed: hooks }, async (page) => {
    await rowsUntil(page, 'Stop');
    await page.evaluate(() => window.stub.ports.at(-1).onDisconnect.tell());
    await page.waitForFunction(() => window.stub.ports.length === 2 && document.querySelector('#rows li'));
    assert.deepEqual(await names(page), folded(hooks));
    await page.evaluate(() => {
      window.stub.dead = true;
      window.stub.ports.at(-1).onDisconnect.tell();
    });
    await page.waitForFunction(() => /does not answer/.test(document.getElementById('state').textContent));
    // Two that spoke, and three attempts.
    assert.equal(await page.evaluate(() => window.stub.ports.length), 5);
  });
});

test('another page in the tab is another list', async () => {
  await panel({ feed: hooks }, async (page) => {
    await rowsUntil(page, 'Stop');
    await tell(page, { turned: true });
    await tell(page, { events: [{ layer: 'hook', frame: 0, n: 1, ts: 1, type: 'SessionStart' }] });
    await rowsUntil(page, 'SessionStart');
    assert.deepEqual(await names(page), ['SessionStart']);
  });
});

test('a tab whose address the browser does not tell is not said to be beyond seeing', async () => {
  const away = { known: false, granted: false, on: false, installed: false, origin: null };
  for (const [hidden, said] of [[true, /press the pagetap button/], [false, /cannot be seen/]]) {
    await panel({ state: { ...away, hidden } }, async (page) => {
      assert.match(await page.textContent('#state'), said);
    });
  }
});

test('another tab in front is another list', async () => {
  await panel({ feed: hooks }, async (page) => {
    await rowsUntil(page, 'Stop');
    await page.evaluate(() => {
      window.stub.feed = [];
      Object.assign(window.stub.state, { origin: 'https://chat.example', on: false });
      window.stub.browser.tabs.onActivated.tell({ tabId: 8, windowId: 2 });
      window.stub.browser.tabs.onActivated.tell({ tabId: 9, windowId: 1 });
    });
    await page.waitForFunction(() => document.getElementById('origin').textContent === 'chat.example');
    assert.deepEqual(await names(page), []);
    assert.equal(await page.textContent('#state'), 'off for this site');
    assert.deepEqual(await page.evaluate(() => window.stub.ports.map(({ name }) => name)), ['live:7', 'live:9']);
  });
});

test('rows are bounded by the limit; what is counted is what is saved, and both say that older ones are gone', async () => {
  const many = Array.from({ length: 400 }, (_, at) => ({ layer: 'hook', frame: 0, n: at + 1, ts: at, type: 'Stop', streamId: at, stopReason: String(at) }));
  await panel({ settings: settings({ limits: { recordedEvents: 1000, recordedBytes: 2 ** 20, shown: 50 } }) }, async (page) => {
    for (let at = 0; at < many.length; at += 100) await tell(page, { events: many.slice(at, at + 100) });
    await count(page, 'Newest events: 50');
    assert.equal(await page.locator('#rows li').count(), 50);
    const { text } = await saved(page, '#save');
    const [header, ...lines] = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.equal(header.truncated, true);
    assert.deepEqual(lines, many.slice(-50));
    await page.fill('#filter', '"39');
    await count(page, 'Newest events: 10');
    await page.fill('#filter', '');
    await count(page, 'Newest events: 50');
    assert.match(await page.locator('#rows li').last().textContent(), /399/);
  });
});

test('hostile events are shown as text and break nothing', async () => {
  await panel({ feed: [...hostile(), ...hooks] }, async (page) => {
    await rowsUntil(page, 'PermissionGranted');
    assert.ok((await names(page)).includes(HOSTILE));
    for (const button of await page.locator('#rows li > button').all()) await button.click();
    await page.click('[data-layer=raw]');
    assert.deepEqual(await names(page), ['{"toString":null}', HOSTILE]);
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.equal(await page.locator('#rows :is(img, script)').count(), 0);
  });
});

test('everything is reached with the keyboard, named, and seen when it is; 320 px are enough', async () => {
  for (const locale of ['en', 'zh_CN']) {
    await panel({ feed: hooks }, async (page) => {
      await rowsUntil(page, 'Stop');
      assert.deepEqual(await overflowing(page), []);
      const stops = await walk(page);
      const ids = stops.map(({ id }) => id);
      for (const id of ['pause', 'save', 'clear', 'filter', 'events']) assert.ok(ids.includes(id), `${id} in ${ids}`);
      for (const { id, name, seen } of stops) assert.ok(name && seen, `${id} ${name} ${seen}`);
    }, { width: 320, locale });
  }
});

test('rows are made anew once for all that is typed in one go', async () => {
  await panel({ feed: hooks }, async (page) => {
    await rowsUntil(page, 'Stop');
    await page.evaluate(() => {
      const rows = document.getElementById('rows');
      const { replaceChildren } = rows;
      window.made = 0;
      rows.replaceChildren = (...given) => {
        window.made += 1;
        replaceChildren.apply(rows, given);
      };
      const filter = document.getElementById('filter');
      for (const letter of 'calendar_add') {
        filter.value += letter;
        filter.dispatchEvent(new InputEvent('input', { bubbles: true }));
      }
    });
    await count(page, 'Events: 2');
    assert.equal(await page.evaluate(() => window.made), 1);
  });
});
