// The popup: each state a tab can be in, and what one can do there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { heard, listen, overflowing, saved, screenshot, sent, startFaces, walk } from './faces.mjs';
import { hostile, HOSTILE, turn } from './turn.mjs';

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

const hooks = turn().filter(({ layer }) => layer === 'hook');
const WATCHING = { counters: { hooks: 1284, raw: 3907, notices: 2, dropped: 0 }, last: hooks };

/** Opens the popup once it shows something. */
function popup(given, visit, options = {}) {
  return faces.open('popup/popup.html', { width: 380, height: 620, given, ...options }, async (page) => {
    await page.waitForFunction(() => document.body.dataset.condition || !document.getElementById('fault').hidden);
    return visit(page);
  });
}

const STATES = [
  ['unsupported', { origin: null, known: false, granted: false, on: false, installed: false }, /no extension see/, null, false],
  ['unknown', { origin: 'https://chat.example', known: false, granted: false, on: false, installed: false }, /Not observed/, null, false],
  ['off', { on: false, installed: false }, /Off for this site/, null, false],
  ['permission', { granted: false, installed: false }, /does not yet let/, 'Allow access', true],
  ['reload', { installed: false }, /reload it/, 'Reload the page', true],
  ['failed', { installed: false, errors: [{ ts: 1, code: 'core_failed', detail: 'unreachable' }] }, /Nothing is seen/, 'Reload the page', true],
  ['loading', { encoding: 'loading' }, /Starting/, null, true],
  ['watching', WATCHING, /cannot block/, null, true],
];

for (const [name, state, sentence, mend, on] of STATES) {
  test(`the state ${name} is said in a sentence, with what mends it`, async () => {
    for (const scheme of ['light', 'dark']) {
      await popup({ state }, async (page) => {
        assert.equal(await page.getAttribute('body', 'data-condition'), name);
        assert.match(await page.textContent('#state'), sentence);
        assert.equal(await page.isHidden('#mend'), mend === null);
        if (mend) assert.equal(await page.textContent('#mend'), mend);
        assert.equal(await page.isChecked('#site'), on);
        assert.equal(await page.isDisabled('#site'), name === 'unsupported');
        assert.equal(await page.isDisabled('#record'), !['watching', 'loading'].includes(name));
        await screenshot(page, `popup-${name}-${scheme}`, { fullPage: true });
      }, { scheme, scale: 2 });
    }
  });
}

test('a failure is told with its reason, and an old problem does not hide that it works', async () => {
  const errors = [{ ts: 1, code: 'core_failed', detail: 'unreachable' }];
  await popup({ state: { errors } }, async (page) => {
    assert.equal(await page.getAttribute('body', 'data-condition'), 'failed');
    assert.equal(await page.textContent('#reason'), 'Reason: the decoder stopped: unreachable');
  });
  await popup({ state: { errors: [{ ts: 1, code: 'dom_missed', detail: 'conversation' }] } }, async (page) => {
    assert.equal(await page.getAttribute('body', 'data-condition'), 'watching');
    assert.equal(await page.textContent('#reason'), 'Last problem: dom_missed: conversation');
  });
});

test('a recording that ended with the browser’s permission says so, and so does a page that stays hidden', async () => {
  const errors = [{ ts: 1, code: 'access_withdrawn', detail: '' }];
  await popup({ state: { granted: false, installed: false, errors } }, async (page) => {
    assert.equal(await page.getAttribute('body', 'data-condition'), 'permission');
    assert.match(await page.textContent('#reason'), /^Last problem: the browser no longer lets pagetap see this site$/);
  });
  await popup({ state: { installed: false, errors } }, async (page) => {
    assert.equal(await page.getAttribute('body', 'data-condition'), 'reload');
  });
  await popup({ state: { origin: null, hidden: true, known: false, granted: false, on: false, installed: false } }, async (page) => {
    assert.equal(await page.getAttribute('body', 'data-condition'), 'unsupported');
  });
});

test('a screen reader hears that a recording begins and ends, and of no running number', async () => {
  await popup({ state: WATCHING }, async (page) => {
    await listen(page);
    await page.click('#record:enabled');
    await page.waitForSelector('#record.running');
    for (let events = 1; events <= 5; events += 1) {
      await page.evaluate((events) => {
        Object.assign(window.stub.state.counters, { hooks: 2_000 + events });
        Object.assign(window.stub.state.recording, { events, bytes: events * 100 });
        window.stub.tell({ state: window.stub.state });
      }, events);
      await page.waitForFunction((events) => document.getElementById('recorded').textContent.includes(`Events: ${events},`), events);
    }
    await page.click('#record');
    await page.waitForSelector('#save:not([hidden])');
    assert.deepEqual(await heard(page), ['Recording.', 'The recording has ended.']);
  });
});

test('the button that mends hands the focus on when it goes', async () => {
  await popup({ state: { granted: false, installed: false } }, async (page) => {
    await page.focus('#mend');
    await page.evaluate(() => Object.assign(window.stub.state, { granted: true, installed: true }));
    await page.keyboard.press('Enter');
    await page.waitForSelector('#mend', { state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'state');
  });
});

test('turning a site on asks for its permission in the click itself', async () => {
  const state = { origin: 'https://chat.example', known: false, granted: false, on: false, installed: false };
  await popup({ state }, async (page) => {
    await page.click('#site');
    await page.waitForFunction(() => document.body.dataset.condition === 'reload');
    assert.deepEqual(await page.evaluate(() => window.stub.asked), [{ origins: ['https://chat.example/*'], inClick: true }]);
    const site = (await sent(page)).filter((message) => message.do === 'site');
    // Once at the click, for a popup that is closed by the question, and once when it is granted.
    assert.deepEqual(site, [1, 2].map(() => ({ do: 'site', origin: 'https://chat.example', on: true })));
  });
  await popup({ state, allow: false }, async (page) => {
    await page.click('#site');
    await page.waitForFunction(() => document.body.dataset.condition === 'off');
    assert.equal(await page.isChecked('#site'), false);
  });
});

test('turning a site off asks nothing', async () => {
  await popup({ state: WATCHING }, async (page) => {
    await page.click('#site');
    await page.waitForFunction(() => document.body.dataset.condition === 'off');
    assert.deepEqual(await page.evaluate(() => window.stub.asked), []);
    assert.deepEqual((await sent(page)).filter((message) => message.do), [{ do: 'site', origin: 'https://claude.ai', on: false }]);
  });
});

test('a page that was reloaded in vain is not asked to be reloaded as if it had not been', async () => {
  await popup({ state: { installed: false } }, async (page) => {
    await page.click('#mend');
    assert.deepEqual(await page.evaluate(() => window.stub.reloads), [7]);
    await page.evaluate(() => window.stub.browser.tabs.onUpdated.tell(7, { status: 'complete' }));
    await page.waitForFunction(() => document.body.dataset.condition === 'missing');
    assert.match(await page.textContent('#state'), /not in the page/);
  });
});

test('record, stop, save: the file has every event, in order, after a header', async () => {
  const events = Array.from({ length: 2500 }, (_, at) => ({ layer: 'hook', type: 'MessageDelta', n: at + 1, text: `${at} ${HOSTILE}\n` }));
  await popup({ state: WATCHING, recorded: { new: events } }, async (page) => {
    assert.equal(await page.isVisible('#save'), false);
    await page.click('#record');
    await page.waitForFunction(() => document.getElementById('record').textContent === 'Stop');
    await page.evaluate(() => {
      Object.assign(window.stub.state.recording, { events: 2500, bytes: 1_234_567 });
      window.stub.tell({ state: {} });
    });
    await page.waitForFunction(() => document.getElementById('recorded').textContent.includes('2,500'));
    assert.match(await page.textContent('#recorded'), /^Recording since .*Events: 2,500, 1\.2 MB$/);
    await screenshot(page, 'popup-recording-light', { fullPage: true });
    await page.click('#record');
    await page.waitForSelector('#save:not([hidden])');
    const { name, text } = await saved(page, '#save');
    assert.match(name, /^pagetap-claude\.ai-[\dT-]+\.ndjson$/);
    const [header, ...lines] = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.equal(header.pagetap, 1);
    assert.equal(header.origin, 'https://claude.ai');
    assert.deepEqual(lines, events);
    const asked = (await sent(page)).filter((message) => message.ask === 'recording');
    assert.deepEqual(asked.map(({ from }) => from), [0, 1000, 2000]);
  });
});

test('a recording that ends before it said so is not saved as if it were whole', async () => {
  const recordings = [{ id: 'cut', origin: 'https://claude.ai', since: 1, until: 2, events: 9, bytes: 9 }];
  await popup({ state: WATCHING, recordings, refusals: { recording: { error: 'error_no_recording', detail: '' } } }, async (page) => {
    await page.click('#save');
    await page.waitForSelector('#fault:not([hidden])');
    assert.match(await page.textContent('#fault'), /not there, or not whole/);
    assert.equal(await page.isDisabled('#save'), false);
  });
});

test('what the background refuses is said in its sentence, also one that nobody knows', async () => {
  const cases = [[{ error: 'error_not_an_origin', detail: 'x' }, /address of a site/], [{ error: 'odd_thing', detail: HOSTILE }, /That did not work: odd_thing <img/], [{}, /does not answer/]];
  for (const [refusal, sentence] of cases) {
    await popup({ state: WATCHING, refusals: { record: refusal } }, async (page) => {
      await page.click('#record');
      await page.waitForSelector('#fault:not([hidden])');
      assert.match(await page.textContent('#fault'), sentence);
    });
  }
  await popup({ dead: true }, async (page) => {
    await page.waitForSelector('#fault:not([hidden])');
    assert.match(await page.textContent('#fault'), /does not answer/);
  });
});

test('counters and last events grow with what comes, pieces of a text as one line', async () => {
  await popup({ state: { last: hooks.slice(0, 1) } }, async (page) => {
    assert.equal(await page.locator('#last li').count(), 1);
    await page.evaluate((more) => {
      Object.assign(window.stub.state, more);
      window.stub.tell({ events: [{ layer: 'hook', type: 'Stop' }] });
    }, WATCHING);
    await page.waitForFunction(() => document.getElementById('hooks').textContent === '1,284');
    const lines = await page.locator('#last li').allTextContents();
    assert.equal(lines.length, 7);
    assert.ok(lines.includes('MessageDeltaSaturday looks dry and mild. I have put the picnic in your calendar for noon.'), lines.join('\n'));
  });
});

test('counters of any size stay on one line at 320 px, and say exactly what they are', async () => {
  for (const locale of ['en', 'zh_CN']) {
    const counters = { hooks: 9, raw: 99_999, notices: 234_567, dropped: 987_654_321 };
    await popup({ state: { counters } }, async (page) => {
      const numbers = await page.locator('#counters dd').evaluateAll((all) => all.map(({ title, textContent, clientHeight }) => ({ title, textContent, clientHeight })));
      assert.deepEqual(numbers.map(({ title }) => title), ['9', '99,999', '234,567', '987,654,321']);
      assert.deepEqual(numbers.map(({ textContent }) => textContent), locale === 'en' ? ['9', '99,999', '234.6K', '987.7M'] : ['9', '99,999', '23.5万', '9.9亿']);
      assert.equal(new Set(numbers.map(({ clientHeight }) => clientHeight)).size, 1);
      assert.deepEqual(await overflowing(page), []);
    }, { width: 320, locale });
  }
});

test('hostile text of events stays text', async () => {
  const last = hostile().filter((event) => event?.layer === 'hook');
  await popup({ state: { last, errors: [{ ts: 1, code: HOSTILE, detail: HOSTILE }] } }, async (page) => {
    await page.waitForSelector('#last li');
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.equal(await page.locator('img, #last script').count(), 0);
    assert.ok((await page.textContent('#reason')).includes(HOSTILE));
  });
});

test('everything is reached with the keyboard, named, and seen when it is', async () => {
  const recordings = [{ id: 'a', origin: 'https://claude.ai', since: 1, until: 2, events: 9, bytes: 9 }];
  await popup({ state: WATCHING, recordings }, async (page) => {
    const stops = await walk(page);
    assert.deepEqual(stops.map(({ id }) => id), ['options', 'site', 'save', 'record', 'last', 'panel']);
    for (const { id, name, seen } of stops) assert.ok(name && seen, `${id} ${name} ${seen}`);
    await page.focus('#panel');
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.evaluate(() => window.stub.opened), ['panel 7']);
  });
});

test('nothing is cut off at 320 px, in either language', async () => {
  const long = `https://${'long-'.repeat(20)}name.example:8443`;
  for (const locale of ['en', 'zh_CN']) {
    await popup({ state: WATCHING }, async (page) => {
      for (const [name, state] of STATES) {
        await page.evaluate((state) => {
          Object.assign(window.stub.state, { known: true, granted: true, on: true, installed: true, encoding: 'wasm', errors: [] }, state);
          window.stub.tell({ state: {} });
        }, state.origin === null ? state : { ...state, origin: long });
        await page.waitForFunction((name) => document.body.dataset.condition === name, name);
        assert.deepEqual(await overflowing(page), [], name);
      }
    }, { width: 320, locale });
  }
});
