// The options: what is saved is what stands there, and what cannot be saved says why at its field.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { redactor } from '../../../../extension/background/redact.js';
import { siteOf } from '../../../../extension/pages/options/typed.js';
import { overflowing, saved, screenshot, sent, startFaces, walk } from './faces.mjs';
import { HOSTILE } from './turn.mjs';

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

const RECORDINGS = [
  { id: 'a', origin: 'https://claude.ai', title: 'Picnic on Saturday', since: Date.UTC(2026, 8, 21, 9, 30), until: Date.UTC(2026, 8, 21, 9, 40), events: 1284, bytes: 340_112 },
  { id: 'b', origin: 'https://claude.ai', title: HOSTILE, since: Date.UTC(2026, 8, 20, 9, 30), until: Date.UTC(2026, 8, 20, 9, 31), events: 12, bytes: 2_048 },
];
const CHOSEN = {
  version: 1,
  sites: { 'https://claude.ai': { on: true }, 'https://chat.example': { on: true } },
  layers: { hooks: true, raw: true },
  redaction: [{ pattern: 'ACME-[0-9]+', flags: 'i', with: '***' }, { pattern: '[\\w.]{1,64}@[\\w.]{1,64}', flags: '', with: '$&' }],
  limits: { recordedEvents: 5000, recordedBytes: 64 * 2 ** 20, shown: 500 },
  collectors: [],
};

function options(given, visit, more = {}) {
  return faces.open('options/options.html', { width: 900, height: 1000, given, ...more }, async (page) => {
    await page.waitForFunction(() => document.getElementById('recordings').children.length > 0 || !document.getElementById('problems').hidden || document.getElementById('limits.shown').value !== '');
    return visit(page);
  });
}

const id = (path) => `[id="${path}"]`;
const put = (page, text, name = 'x.json') => page.setInputFiles('#import', { name, mimeType: 'application/json', buffer: Buffer.from(text) });
const stored = (page) => page.evaluate(() => window.stub.settings);
const said = (page, text) => page.waitForFunction((text) => document.getElementById('saved').textContent === text, text);

test('what is chosen is stored, and shown again', async () => {
  await options({}, async (page) => {
    await page.check(id('layers.raw'));
    await page.fill(id('limits.shown'), '500');
    await page.fill(id('limits.recordedBytes'), '64');
    await page.fill(id('limits.recordedEvents'), '5,000');
    for (const [at, rule] of CHOSEN.redaction.entries()) {
      await page.click('#rule-add');
      for (const [part, text] of Object.entries(rule)) await page.fill(id(`redaction.${at}.${part}`), text);
    }
    assert.equal(await page.textContent('#saved'), 'Changes are not saved yet.');
    await page.click('#save');
    await said(page, 'Saved.');
    const { sites, collectors, ...rest } = await stored(page);
    assert.deepEqual(rest, { version: 1, layers: CHOSEN.layers, redaction: CHOSEN.redaction, limits: CHOSEN.limits });
  });
});

test('what is wrong is said at its field, nothing is stored, and the field is next', async () => {
  await options({}, async (page) => {
    await page.fill(id('limits.shown'), 'many');
    await page.fill(id('limits.recordedBytes'), '0');
    await page.click('#rule-add');
    await page.fill(id('redaction.0.pattern'), '(');
    await page.fill(id('redaction.0.flags'), 'gg');
    await page.click('#save');
    await said(page, 'Not saved: something has to be corrected first.');
    assert.equal(await page.textContent(id('limits.shown-error')), 'Write a whole number within the limits.');
    assert.equal(await page.textContent(id('limits.recordedBytes-error')), 'Write a whole number within the limits.');
    assert.match(await page.textContent(id('redaction.0.pattern-error')), /no regular expression/);
    assert.equal(await page.getAttribute(id('limits.shown'), 'aria-invalid'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'redaction.0.pattern');
    assert.deepEqual((await sent(page)).filter((message) => message.do), []);
    await screenshot(page, 'options-wrong-light', { fullPage: true });
    // What was typed stands there still.
    assert.equal(await page.inputValue(id('limits.shown')), 'many');
    await page.click('#discard');
    assert.equal(await page.inputValue(id('limits.shown')), '2000');
    assert.equal(await page.locator('.error:not(:empty)').count(), 0);
  });
});

test('what the background finds wrong is said at the field, too', async () => {
  await options({}, async (page) => {
    await page.evaluate(() => {
      const { sendMessage } = window.stub.browser.runtime;
      window.stub.browser.runtime.sendMessage = async (message) => ({ ...(await sendMessage(message)), ...(message.do === 'settings' && { problems: [{ path: 'limits.shown', error: 'error_not_a_number' }] }) });
    });
    await page.click('#save');
    await said(page, 'Not saved: something has to be corrected first.');
    assert.equal(await page.textContent(id('limits.shown-error')), 'Write a whole number within the limits.');
  });
});

const result = (page, text) => page.waitForFunction((text) => document.getElementById('trial-result').textContent === text, text);

test('the field to try rules on shows what would be stored', async () => {
  await options({ settings: CHOSEN }, async (page) => {
    const text = 'order acme-12 for ada@example.com, twice: ACME-7';
    await page.fill('#trial', text);
    await result(page, 'order *** for $&, twice: ***');
    assert.equal(await page.textContent('#trial-result'), redactor(CHOSEN.redaction)({ text }).text);
    await page.fill(id('redaction.0.pattern'), '(');
    await result(page, 'order acme-12 for $&, twice: ACME-7');
    await page.fill('#trial', HOSTILE);
    await result(page, HOSTILE);
  });
});

// No repetition in a repetition, and yet there is no end to it.
const ENDLESS = { pattern: '(a|a|a)*b', flags: '', with: '***' };

test('a rule that never finishes is refused, from the form and from a file, and freezes no page', async () => {
  await options({}, async (page) => {
    await page.click('#rule-add');
    await page.fill(id('redaction.0.pattern'), ENDLESS.pattern);
    await page.fill('#trial', 'a'.repeat(60));
    await result(page, 'This rule is too slow on long texts. Say how long a part may be: \\w{1,64}, not \\w+.');
    // Another attempt does not wait for one that never ends.
    await page.fill('#trial', 'a'.repeat(61));
    await page.fill('#trial', 'ab');
    await result(page, '***');
    await page.click('#save');
    await said(page, 'Not saved: something has to be corrected first.');
    assert.match(await page.textContent(id('redaction.0.pattern-error')), /too slow/);
    await put(page, JSON.stringify({ version: 1, redaction: [ENDLESS] }));
    await page.waitForFunction(() => /redaction\.0 .*too slow/.test(document.getElementById('import-error').textContent));
    assert.deepEqual((await sent(page)).filter((message) => message.do), []);
    await page.fill(id('redaction.0.pattern'), 'a{1,64}b');
    await page.click('#save');
    await said(page, 'Saved.');
  });
});

test('rules that make ever more of what the one before wrote are refused together', async () => {
  await options({}, async (page) => {
    for (const [at, pattern] of ['x', 'y', 'x', 'y'].entries()) {
      await page.click('#rule-add');
      await page.fill(id(`redaction.${at}.pattern`), pattern);
      await page.fill(id(`redaction.${at}.with`), (pattern === 'x' ? 'y' : 'x').repeat(1_000));
    }
    await page.click('#save');
    await said(page, 'Not saved: something has to be corrected first.');
    assert.match(await page.textContent(id('redaction.3.pattern-error')), /too slow/);
  });
});

test('a stored rule that never finishes is not run by its own editor until somebody tries it', async () => {
  await options({ settings: { ...CHOSEN, redaction: [ENDLESS] } }, async (page) => {
    assert.equal(await page.textContent('#trial-result'), '');
    await page.click('[id="rules"] button');
    assert.equal(await page.locator('#rules li').count(), 0);
    await page.click('#save');
    await said(page, 'Saved.');
    assert.deepEqual((await stored(page)).redaction, []);
  });
});

test('export and import are a round trip, into another browser as well', async () => {
  const file = await options({ settings: CHOSEN }, (page) => saved(page, '#export'));
  assert.equal(file.name, 'pagetap-settings.json');
  assert.deepEqual(JSON.parse(file.text), CHOSEN);
  await options({}, async (page) => {
    await put(page, file.text, file.name);
    await page.click('#import-apply');
    await page.waitForFunction(() => document.getElementById('import-said').textContent !== '');
    assert.deepEqual(await stored(page), CHOSEN);
    assert.equal(await page.inputValue(id('limits.shown')), '500');
    assert.match(await page.textContent('#sites'), /chat\.example.*Allow access/);
  });
});

test('what a file would change is shown and asked; what it does not name stays, and what it removes has no permission any more', async () => {
  const given = { settings: CHOSEN, granted: ['https://claude.ai', 'https://chat.example'] };
  const file = {
    version: 1,
    sites: { 'https://claude.ai': { on: false }, 'https://new.example': { on: true } },
    layers: { raw: false },
    redaction: [CHOSEN.redaction[1], { pattern: HOSTILE, with: '-' }],
    limits: { recordedBytes: 128 * 2 ** 20 },
  };
  await options(given, async (page) => {
    await put(page, JSON.stringify(file));
    await page.waitForSelector('#import-changes:not([hidden])');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'import-changes');
    assert.deepEqual(await page.locator('#import-list li').allTextContents(), [
      'https://claude.ai: on → off',
      'https://chat.example: on → not in the list',
      'https://new.example: not in the list → on',
      'Raw layer: on → off',
      'Rule that goes: /ACME-[0-9]+/i: ***',
      `New rule: /${HOSTILE}/: -`,
      'Recording, in MiB: 64 → 128',
    ]);
    await page.click('#import-cancel');
    assert.equal(await page.isVisible('#import-changes'), false);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'import-said');
    assert.deepEqual(await stored(page), CHOSEN);
    assert.deepEqual((await sent(page)).filter((message) => message.do), []);

    await put(page, JSON.stringify(file));
    await page.click('#import-apply');
    await page.waitForFunction(() => /Imported/.test(document.getElementById('import-said').textContent));
    assert.deepEqual(await stored(page), {
      ...CHOSEN,
      sites: file.sites,
      layers: { hooks: true, raw: false },
      redaction: [CHOSEN.redaction[1], { pattern: HOSTILE, flags: '', with: '-' }],
      limits: { ...CHOSEN.limits, recordedBytes: 128 * 2 ** 20 },
    });
    assert.deepEqual(await page.evaluate(() => window.stub.granted), ['https://claude.ai']);
  });
  await options(given, async (page) => {
    for (const text of ['{"version":1}', JSON.stringify(CHOSEN)]) {
      await put(page, text);
      await page.waitForFunction(() => /Nothing in x\.json is other/.test(document.getElementById('import-said').textContent));
    }
    assert.deepEqual(await stored(page), CHOSEN);
  });
});

test('a file with something wrong changes nothing, and says where', async () => {
  const wrong = [
    ['no json {', /no JSON/],
    ['[]', /no settings of pagetap/],
    [JSON.stringify({ version: 2 }), /another version/],
    [JSON.stringify({ ...CHOSEN, collectors: [{ url: 'https://collector.example' }] }), /collectors\.0\.url There is no such setting/],
    [JSON.stringify({ version: 1, sites: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`https://${at}.example`, { on: true }])) }), /at most 100/],
    [`{"version":1}${' '.repeat(1 << 20)}`, /larger than any/],
    [JSON.stringify({ ...CHOSEN, limits: { shown: 1e9 }, sites: { [HOSTILE]: { on: true } } }), /limits\.shown Write a whole number/],
  ];
  await options({}, async (page) => {
    const before = await stored(page);
    for (const [text, sentence] of wrong) {
      await put(page, text);
      await page.waitForFunction((text) => new RegExp(text, 's').test(document.getElementById('import-error').textContent), sentence.source);
      assert.equal(await page.textContent('#import-said'), '');
    }
    assert.ok((await page.textContent('#import-error')).includes(HOSTILE));
    assert.equal(await page.locator('#import-error img').count(), 0);
    assert.deepEqual(await stored(page), before);
  });
});

test('sites are added in the click, switched, and removed with their permission', async () => {
  await options({}, async (page) => {
    await page.fill('#origin', 'no site at all');
    await page.press('#origin', 'Enter');
    assert.match(await page.textContent('#origin-error'), /Write the address/);
    await page.fill('#origin', 'chat.example/some/path');
    await page.click('#add button');
    await page.waitForSelector('#sites li:nth-child(2)');
    assert.deepEqual(await page.evaluate(() => window.stub.asked), [{ origins: ['https://chat.example/*'], inClick: true }]);
    assert.equal(await page.inputValue('#origin'), '');
    await page.uncheck('#sites li:nth-child(2) input');
    await page.waitForFunction(() => window.stub.settings.sites['https://chat.example'].on === false);
    await page.click('#sites [aria-label="Remove https://chat.example"]');
    await page.waitForFunction(() => document.querySelectorAll('#sites li').length === 1);
    assert.deepEqual(await page.evaluate(() => window.stub.granted), ['https://claude.ai']);
  });
  const ports = { 'http://localhost:1': { on: true }, 'http://localhost:2': { on: true } };
  await options({ settings: { ...CHOSEN, sites: ports }, granted: ['http://localhost'] }, async (page) => {
    await page.click('#sites [aria-label="Remove http://localhost:1"]');
    await page.waitForFunction(() => document.querySelectorAll('#sites li').length === 1);
    assert.deepEqual(await page.evaluate(() => window.stub.granted), ['http://localhost']);
  });
  await options({ allow: false }, async (page) => {
    await page.fill('#origin', 'http://localhost:8080');
    await page.click('#add button');
    await page.waitForFunction(() => document.getElementById('origin-error').textContent !== '');
    assert.match(await page.textContent('#origin-error'), /stays off/);
  });
});

test('the panel in the developer tools is asked for in the click, where it can be', async () => {
  await options({}, async (page) => assert.equal(await page.isVisible('#tools'), false));
  const manifest = { optional_permissions: ['devtools'] };
  await options({ manifest }, async (page) => {
    await page.check('#tools-on');
    assert.deepEqual(await page.evaluate(() => window.stub.asked), [{ permissions: ['devtools'], inClick: true }]);
    await page.waitForFunction(() => window.stub.granted.includes('devtools'));
    await page.uncheck('#tools-on');
    await page.waitForFunction(() => !window.stub.granted.includes('devtools'));
  });
  await options({ manifest, allow: false }, async (page) => {
    await page.click('#tools-on');
    await page.waitForFunction(() => /stays off/.test(document.getElementById('tools-error').textContent));
    assert.equal(await page.isChecked('#tools-on'), false);
  });
});

test('adding a site keeps what is being typed in the form', async () => {
  await options({}, async (page) => {
    await page.fill(id('limits.shown'), '777');
    await page.fill('#origin', 'chat.example');
    await page.click('#add button');
    await page.waitForSelector('#sites li:nth-child(2)');
    assert.equal(await page.inputValue(id('limits.shown')), '777');
    await page.click('#save');
    await said(page, 'Saved.');
    assert.deepEqual(Object.keys((await stored(page)).sites), ['https://claude.ai', 'https://chat.example']);
  });
});

// As the background does after somebody else's order.
const changeElsewhere = (page, parts) => page.evaluate((parts) => {
  Object.assign(window.stub.settings, structuredClone(parts));
  const channel = new BroadcastChannel('pagetap.settings');
  channel.postMessage({});
  channel.close();
}, parts);

test('what was changed elsewhere is shown, and is not overwritten by what is saved here', async () => {
  await options({}, async (page) => {
    await page.fill(id('limits.shown'), '777');
    const elsewhere = { sites: { 'https://claude.ai': { on: false }, 'https://chat.example': { on: true } }, layers: { hooks: true, raw: true }, redaction: CHOSEN.redaction };
    await changeElsewhere(page, elsewhere);
    await page.waitForFunction(() => document.querySelectorAll('#rules li').length === 2);
    await page.waitForSelector('#sites li:nth-child(2)');
    assert.equal(await page.isChecked(id('layers.raw')), true);
    assert.equal(await page.isChecked('#sites li:first-child input'), false);
    // What is being typed stays.
    assert.equal(await page.inputValue(id('limits.shown')), '777');
    await page.click('#save');
    await said(page, 'Saved.');
    const { limits, ...rest } = await stored(page);
    assert.equal(limits.shown, 777);
    assert.deepEqual(rest, { version: 1, collectors: [], ...elsewhere });
    assert.deepEqual((await sent(page)).filter((message) => message.do), [{ do: 'settings', settings: { limits } }]);
  });
});

const focused = (page) => page.evaluate(() => [document.activeElement.closest('li')?.textContent, document.activeElement.type]);

test('the focus stays where it was when a site is switched, allowed, or changed elsewhere', async () => {
  const sites = { 'https://claude.ai': { on: true }, 'https://chat.example': { on: true } };
  await options({ settings: { ...CHOSEN, sites } }, async (page) => {
    await page.focus('#sites li:first-child input');
    for (const on of [false, true]) {
      await page.keyboard.press('Space');
      await page.waitForFunction((on) => window.stub.settings.sites['https://claude.ai'].on === on, on);
      await changeElsewhere(page, { sites: { 'https://claude.ai': { on }, 'https://chat.example': { on: true } } });
      await page.waitForFunction((on) => document.querySelector('#sites input').checked === on, on);
      assert.deepEqual(await focused(page), ['https://claude.aiAllow access', 'checkbox']);
    }
    await page.focus('#sites li:nth-child(2) button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#sites li:nth-child(2) button', { state: 'hidden' });
    assert.deepEqual(await focused(page), ['https://chat.exampleAllow accessRemove', 'checkbox']);
  });
});

test('stored settings that were no good are named, with what is in force', async () => {
  await options({ problems: [{ path: 'limits.shown', error: 'error_not_a_number' }] }, async (page) => {
    await page.waitForSelector('#problems:not([hidden])');
    assert.match(await page.textContent('#problems'), /defaults are in force.*limits\.shown Write a whole number/s);
  });
});

test('recordings are saved from here, and deleted only when one is sure', async () => {
  await options({ recordings: RECORDINGS, recorded: { a: [{ n: 1 }, { n: 2 }] } }, async (page) => {
    assert.ok((await page.textContent('#recordings')).includes(HOSTILE));
    const { text } = await saved(page, '#recordings li:first-child button');
    assert.deepEqual(text.trimEnd().split('\n').slice(1), ['{"n":1}', '{"n":2}']);
    const forget = page.locator('#recordings li:first-child button').nth(1);
    await forget.click();
    await page.focus('#export');
    assert.equal(await forget.textContent(), 'Delete');
    await forget.click();
    await forget.click();
    await page.waitForFunction(() => window.stub.recordings.length === 1);
    assert.deepEqual((await sent(page)).filter((message) => message.do), [{ do: 'forget', id: 'a' }]);
  });
});

test('a background that is silent is said', async () => {
  await options({ dead: true }, async (page) => {
    await page.waitForSelector('#problems:not([hidden])');
    assert.match(await page.textContent('#problems'), /does not answer/);
  });
});

test('everything is reached with the keyboard, named, and seen when it is; 320 px are enough', async () => {
  for (const locale of ['en', 'zh_CN']) {
    await options({ settings: CHOSEN, recordings: RECORDINGS }, async (page) => {
      assert.deepEqual(await overflowing(page), []);
      const stops = await walk(page);
      const ids = stops.map(({ id }) => id);
      for (const wanted of ['origin', 'layers.hooks', 'layers.raw', 'redaction.1.with', 'rule-add', 'trial', 'limits.shown', 'discard', 'save', 'export', 'import']) assert.ok(ids.includes(wanted), `${wanted} in ${ids}`);
      for (const { id, name, seen } of stops) assert.ok(name && seen, `${id} ${name} ${seen}`);
    }, { width: 320, locale });
  }
});

test('the options, light and dark', async () => {
  for (const scheme of ['light', 'dark']) {
    await options({ settings: CHOSEN, recordings: RECORDINGS.slice(0, 1), granted: ['https://claude.ai', 'https://chat.example'] }, async (page) => {
      assert.match(await page.textContent('.lead'), /cannot block/);
      await screenshot(page, `options-whole-${scheme}`, { fullPage: true });
    }, { scheme });
  }
});

test('a site is meant by its address, with or without its scheme', () => {
  assert.equal(siteOf(' Chat.Example/x?y '), 'https://chat.example');
  assert.equal(siteOf('http://localhost:8080/'), 'http://localhost:8080');
  assert.equal(siteOf('[::1]:8080'), 'https://[::1]:8080');
  for (const text of ['', 'a b', 'ftp://x.example', 'javascript:alert(1)', '*://*/*', 'https://*.example', 'chrome://x']) assert.equal(siteOf(text), undefined, text);
});
