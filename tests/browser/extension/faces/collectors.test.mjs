// The options' collectors: where events go, what goes there, and how that stands.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checked } from '../../../../extension/background/settings.js';
import { heard, listen, overflowing, saved, screenshot, sent, startFaces, walk } from './faces.mjs';
import { HOSTILE } from './turn.mjs';

let faces;
before(async () => {
  faces = await startFaces();
});
after(() => faces?.close());

const SECRET = 'Bearer s3cr3t';
const FIREFOX = { browser_specific_settings: { gecko: { data_collection_permissions: { required: ['none'], optional: ['websiteContent', 'personalCommunications'] } } } };

const collector = (id, more) => ({
  id: `0000000${id}`, on: false, to: 'http://127.0.0.1:4318/', format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], headers: {}, ...more,
});
const stats = (more) => ({
  state: 'sending', route: 'direct', why: null, logged: 0, sent: 0, acknowledged: 0, rejected: 0, dropped: {}, quarantined: 0, pending: 0,
  retries: 0, lastError: null, lastStatus: null, nextTryAt: null, ...more,
});
const settings = (...collectors) => ({
  version: 1, sites: { 'https://claude.ai': { on: true } }, layers: { hooks: true, raw: false }, redaction: [],
  limits: { recordedEvents: 200000, recordedBytes: 268435456, shown: 2000 }, collectors,
});

/** Opens the options, with these collectors, once they are there. */
function options(collectors, given, visit, more = {}) {
  const all = { settings: settings(...collectors), ...given };
  return faces.open('options/options.html', { width: 900, height: 1000, given: all, ...more }, async (page) => {
    await page.waitForFunction((count) => document.querySelectorAll('#collectors > li').length === count && document.getElementById('limits.shown').value !== '', collectors.length);
    return visit(page);
  });
}

const id = (path) => `[id="${path}"]`;
const row = (at, more = '') => `#collectors > li:nth-child(${at}) ${more}`;
const stored = (page) => page.evaluate(() => window.stub.settings.collectors);
const asked = (page) => page.evaluate(() => window.stub.asked);
const granted = (page) => page.evaluate(() => window.stub.granted);
const rows = (page, count) => page.waitForFunction((count) => document.querySelectorAll('#collectors > li').length === count && document.getElementById('collector').hidden, count);
const shows = (page, selector, text) => page.waitForFunction(([selector, text]) => document.querySelector(selector)?.textContent.includes(text), [selector, text]);
const box = (name, value) => `${id(`collector.${name}`)} [value=${value}]`;
const orders = async (page) => (await sent(page)).filter((message) => message.do);

test('a collector is added off, without content, and asks the browser for nothing', async () => {
  await options([], {}, async (page) => {
    assert.equal(await page.textContent('#collectors-none'), 'None. Nothing leaves this machine.');
    await page.click('#collector-add');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'collector.to');
    for (const name of ['prompts', 'answers', 'thinking', 'toolInputs', 'toolResults']) assert.equal(await page.isChecked(box('include', name)), false, name);
    await page.fill(id('collector.to'), '127.0.0.1:4318');
    await page.click('#collector-save');
    await rows(page, 1);
    const [{ id: made, ...rest }] = await stored(page);
    assert.match(made, /^[0-9a-f]{8}$/);
    assert.deepEqual(rest, { on: false, to: 'http://127.0.0.1:4318/', format: 'otlp', names: 'genai-1.41', signals: ['traces', 'logs'], include: [], headers: {} });
    assert.deepEqual(checked(await page.evaluate(() => window.stub.settings)).problems, []);
    assert.deepEqual(await asked(page), []);
    assert.match(await page.textContent(row(1)), /Off: nothing is sent there\./);
    assert.equal(await page.evaluate(() => document.activeElement.matches('#collectors input')), true);
  });
});

test('what is chosen is what is stored, and the browser is asked in the click that turns it on', async () => {
  await options([], {}, async (page) => {
    await page.click('#collector-add');
    await page.fill(id('collector.to'), 'collector.example/v1');
    await page.selectOption(id('collector.format'), 'otlp-json');
    await page.selectOption(id('collector.names'), 'genai-dev');
    await page.uncheck(box('signals', 'logs'));
    await page.check(box('signals', 'metrics'));
    await page.check(box('include', 'prompts'));
    await page.check(box('include', 'toolResults'));
    await page.click('#header-add');
    await page.fill(id('collector.headers.0.name'), 'authorization');
    await page.fill(id('collector.headers.0.value'), SECRET);
    await page.press(id('collector.to'), 'Enter');
    await rows(page, 1);
    const [{ id: made, ...rest }] = await stored(page);
    assert.deepEqual(rest, {
      on: true, to: 'https://collector.example/v1', format: 'otlp-json', names: 'genai-dev', signals: ['traces', 'metrics'],
      include: ['prompts', 'toolResults'], headers: { authorization: SECRET },
    });
    assert.deepEqual(await asked(page), [{ origins: ['https://collector.example/*'], inClick: true }]);
    assert.match(await page.textContent(row(1)), /OpenTelemetry \(JSON\), Prompts, Tool results/);
  });
});

test('examples fill in what each collector wants', async () => {
  await options([], {}, async (page) => {
    await page.click('#collector-add');
    await page.click('#collector-examples button:text("MLflow")');
    await page.click('#collector-save');
    await rows(page, 1);
    const [{ to, signals, headers }] = await stored(page);
    assert.deepEqual([to, signals, headers], ['http://127.0.0.1:5000/', ['traces'], { 'x-mlflow-experiment-id': '0' }]);
    await page.click('#collector-add');
    await page.click('#collector-examples button:text("One of your own")');
    assert.equal(await page.isVisible('#collector-otlp'), false);
    assert.equal(await page.isVisible('#header-add'), true);
    assert.match(await page.textContent(id('collector.format-about')), /One line for each event/);
  });
});

test('what is wrong is said at its field, nothing is stored or asked, and the first field is next', async () => {
  await options([], {}, async (page) => {
    await page.click('#collector-add');
    await page.fill(id('collector.to'), 'ftp://x.example');
    await page.uncheck(box('signals', 'traces'));
    await page.uncheck(box('signals', 'logs'));
    for (const [at, name] of ['Content-Type', 'x-a', 'X-A', 'b c'].entries()) {
      await page.click('#header-add');
      await page.fill(id(`collector.headers.${at}.name`), name);
    }
    await page.click('#collector-save-on');
    assert.match(await page.textContent(id('collector.to-error')), /begins with http/);
    assert.match(await page.textContent(id('collector.signals-error')), /nothing is sent/);
    const errors = await Promise.all([0, 1, 2, 3].map((at) => page.textContent(id(`collector.headers.${at}-error`))));
    assert.match(errors[0], /format sets itself/);
    assert.equal(errors[1], '');
    assert.match(errors[2], /there already/);
    assert.match(errors[3], /no header/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'collector.to');
    assert.equal(await page.getAttribute(id('collector.headers.2.name'), 'aria-invalid'), 'true');
    for (const to of ['https://ada:secret@x.example', 'https://:secret@x.example']) {
      await page.fill(id('collector.to'), to);
      await page.click('#collector-save');
      assert.match(await page.textContent(id('collector.to-error')), /No user name/);
    }
    for (const button of ['Try it', 'Show what would be sent']) await page.click(`#collector-attempts button:text("${button}")`);
    assert.deepEqual(await orders(page), []);
    assert.deepEqual(await asked(page), []);
    await screenshot(page, 'options-collector-wrong-light', { fullPage: true });
  });
});

test('what the background finds wrong is said at the field, too', async () => {
  await options([collector(1)], {}, async (page) => {
    await page.evaluate(() => {
      const { sendMessage } = window.stub.browser.runtime;
      window.stub.browser.runtime.sendMessage = async (message) => (message.do === 'settings' ? { ok: true, settings: window.stub.settings, problems: [{ path: 'collectors.1.to', error: 'error_not_a_collector_address' }] } : sendMessage(message));
    });
    await page.click('#collector-add');
    await page.fill(id('collector.to'), 'http://127.0.0.1:1');
    await page.click('#collector-save');
    await shows(page, id('collector.to-error'), 'begins with http');
    assert.equal(await page.isVisible('#collector'), true);
  });
});

test('a saved header is not in the page, is kept while others are edited, and goes when it is removed', async () => {
  await options([collector(1, { headers: { authorization: SECRET, 'x-team': 'blue' } })], {}, async (page) => {
    const edit = () => page.click(row(1, 'button:text("Edit")'));
    await edit();
    assert.equal(await page.inputValue(id('collector.headers.0.name')), 'authorization');
    assert.equal(await page.inputValue(id('collector.headers.0.value')), '');
    assert.doesNotMatch(await page.evaluate(() => document.documentElement.outerHTML), /s3cr3t|blue/);
    await page.fill(id('collector.headers.1.value'), 'red');
    await page.click('#collector-save');
    await rows(page, 1);
    assert.deepEqual((await stored(page))[0].headers, { authorization: SECRET, 'x-team': 'red' });
    await edit();
    await page.click('#collector-headers li:first-child button');
    await page.click('#collector-save');
    await rows(page, 1);
    assert.deepEqual((await stored(page))[0].headers, { 'x-team': 'red' });
  });
});

test('the query of an address is treated as a header is: not in a page nor a file, and kept for its machine', async () => {
  const one = collector(1, { on: true, to: 'https://a.example/events?api-key=s3cr3t', format: 'ndjson' });
  const preview = { events: 1, requests: [{ url: one.to, method: 'POST', headers: {}, text: '{}' }] };
  await options([one], { preview }, async (page) => {
    const shown = () => page.evaluate(() => [document.documentElement.outerHTML, ...[...document.querySelectorAll('input')].map(({ value }) => value)].join(' '));
    await page.click(row(1, 'button:text("Show what")'));
    await shows(page, '.requests', 'POST https://a.example/events?••••');
    await page.click(row(1, 'button:text("Edit")'));
    assert.equal(await page.inputValue(id('collector.to')), 'https://a.example/events');
    await page.waitForSelector('#collector-query-kept:not([hidden])');
    assert.doesNotMatch(await shown(), /s3cr3t|api-key/);
    const written = async (to) => {
      if (await page.isHidden('#collector')) await page.click(row(1, 'button:text("Edit")'));
      await page.fill(id('collector.to'), to);
      await page.click('#collector-save-on');
      await rows(page, 1);
      return (await stored(page))[0].to;
    };
    assert.equal(await written('https://a.example/other'), 'https://a.example/other?api-key=s3cr3t');
    assert.equal(await written('https://a.example/other?key=t0p'), 'https://a.example/other?key=t0p');
    assert.equal(await written('https://a.example/other?'), 'https://a.example/other');
    await written('https://a.example/other?key=t0p');
    assert.equal(await written('https://b.example/other'), 'https://b.example/other');
    await page.click(row(1, 'button:text("Edit")'));
    assert.equal(await page.isHidden('#collector-query-kept'), true);
  });
  await options([one], {}, async (page) => {
    const bare = await saved(page, '#export');
    assert.deepEqual(JSON.parse(bare.text).collectors, [{ ...one, to: 'https://a.example/events' }]);
    await page.check('#export-headers');
    assert.deepEqual(JSON.parse((await saved(page, '#export')).text).collectors, [one]);
    await put(page, JSON.parse(bare.text));
    await shows(page, '#import-said', 'Nothing in x.json is other');
    await put(page, { version: 1, collectors: [{ ...one, to: 'https://a.example/events?api-key=t0p' }] });
    await page.waitForSelector('#import-changes:not([hidden])');
    assert.match(await page.textContent('#import-list'), /https:\/\/a\.example\/events, on, .*Query of the address → /);
    assert.doesNotMatch(await page.evaluate(() => document.documentElement.outerHTML), /s3cr3t|t0p/);
  });
  const off = { ...one, on: false };
  await options([off], {}, async (page) => {
    await put(page, { version: 1, collectors: [{ ...off, to: 'https://a.example/events?api-key=t0p' }] });
    await page.waitForSelector('#import-changes:not([hidden])');
    assert.equal(await page.textContent('#import-list'), 'Other query of the address: https://a.example/events');
  });
  await options([collector(1, { to: 'http://a.example/?api-key=s3cr3t' })], {}, async (page) => {
    await page.click(row(1, 'input'));
    await page.waitForSelector(row(1, '.question'));
    assert.match(await page.textContent(row(1, '.question')), /http:\/\/a\.example is another machine.*: Query of the address\./);
  });
});

test('content or headers that would go unencrypted to another machine are asked about first', async () => {
  await options([], { granted: [] }, async (page) => {
    await page.click('#collector-add');
    await page.fill(id('collector.to'), 'http://collector.example');
    await page.check(box('include', 'answers'));
    await page.click('#header-add');
    await page.fill(id('collector.headers.0.name'), 'x-key');
    await page.click('#collector-save-on');
    await page.waitForSelector('#collector-question .question');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'question');
    assert.match(await page.textContent('#collector-question'), /another machine, and not https.*: Answers, Headers\./);
    await page.click('#collector-question button:text("Do not send it")');
    assert.deepEqual([await orders(page), await asked(page)], [[], []]);
    await page.click('#collector-save-on');
    await page.click('#collector-question button:text("Send it unencrypted")');
    await rows(page, 1);
    assert.deepEqual(await asked(page), [{ origins: ['http://collector.example/*'], inClick: true }]);
    assert.equal((await stored(page))[0].on, true);
  });
  const plain = collector(1, { to: 'http://collector.example/', include: ['prompts'] });
  await options([plain], {}, async (page) => {
    await page.click(row(1, 'input'));
    await page.waitForSelector(row(1, '.question'));
    assert.equal(await page.isChecked(row(1, 'input')), false);
    assert.deepEqual(await orders(page), []);
    await page.click(row(1, '.question button:text("Do not")'));
    assert.equal(await page.isChecked(row(1, 'input')), false);
    await page.click(row(1, 'input'));
    await page.click(row(1, '.question button:text("unencrypted")'));
    await page.waitForFunction(() => window.stub.settings.collectors[0].on);
    assert.equal(await page.isChecked(row(1, 'input')), true);
  });
  // A trial has no content, but headers.
  const keyed = collector(1, { to: 'http://collector.example/', include: ['prompts'], headers: { 'x-key': SECRET } });
  await options([keyed], { granted: [] }, async (page) => {
    await page.click(row(1, 'button:text("Try it")'));
    await page.waitForSelector(row(1, '.question'));
    assert.match(await page.textContent(row(1, '.question')), /: Headers\./);
    await page.click(row(1, '.question button:text("Do not")'));
    assert.deepEqual([await orders(page), await asked(page)], [[], []]);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Try it');
    await page.click(row(1, 'button:text("Try it")'));
    await page.click(row(1, '.question button:text("unencrypted")'));
    await shows(page, row(1, '.attempted'), 'takes events');
    assert.deepEqual(await orders(page), [{ do: 'try', collector: keyed }]);
    assert.deepEqual(await asked(page), [{ origins: ['http://collector.example/*'], inClick: true }]);
  });
  // Nothing to read, nobody on the way, or nobody who could.
  const calm = [{ to: 'http://collector.example/' }, { to: 'http://localhost:4318/', include: ['prompts'] }, { to: 'http://[::1]:4318/', include: ['prompts'] }, { to: 'https://collector.example/', include: ['prompts'], headers: { a: 'b' } }];
  for (const more of calm) {
    await options([collector(1, more)], {}, async (page) => {
      await page.click(row(1, 'input'));
      await page.waitForFunction(() => window.stub.settings.collectors[0].on);
    });
  }
});

test('a refusal is said with what it means', async () => {
  await options([collector(1)], { allow: false }, async (page) => {
    await page.click(row(1, 'input'));
    await shows(page, row(1, '.error'), 'only if it admits the extension itself (CORS)');
    assert.equal((await stored(page))[0].on, true);
    await page.waitForSelector(row(1, 'button:text("Allow access")'));
    await page.evaluate(() => {
      window.stub.allow = true;
    });
    await page.click(row(1, 'button:text("Allow access")'));
    await page.waitForSelector(row(1, 'button:text("Allow access")'), { state: 'hidden' });
    assert.equal(await page.textContent(row(1, '.error')), '');
  });
});

test('Firefox is asked for the data as well, in the same question; refused, nothing is turned on', async () => {
  const both = [collector(1), collector(2, { to: 'http://127.0.0.1:5000/', include: ['prompts'] })];
  await options(both, { manifest: FIREFOX }, async (page) => {
    await page.click(row(1, 'input'));
    await page.waitForFunction(() => window.stub.settings.collectors[0].on);
    await page.click(row(2, 'input'));
    await page.waitForFunction(() => window.stub.settings.collectors[1].on);
    assert.deepEqual(await asked(page), [
      { origins: ['http://127.0.0.1/*'], data_collection: ['websiteContent'], inClick: true },
      { origins: ['http://127.0.0.1/*'], data_collection: ['websiteContent', 'personalCommunications'], inClick: true },
    ]);
    // Given back with the last one that needs it.
    await page.click(row(2, 'button:text("Remove")'));
    await page.click(row(2, 'button:text("Remove")'));
    await page.waitForFunction(() => !window.stub.granted.includes('personalCommunications'));
    assert.deepEqual((await granted(page)).filter((name) => /^(website|http:)/.test(name)), ['http://127.0.0.1', 'websiteContent', 'http://127.0.0.1', 'websiteContent']);
  });
  await options([collector(1)], { manifest: FIREFOX, allow: false, granted: ['http://127.0.0.1'] }, async (page) => {
    await page.click(row(1, 'input'));
    await shows(page, row(1, '.error'), 'It stays off');
    assert.equal(await page.isChecked(row(1, 'input')), false);
    assert.deepEqual(await orders(page), []);
    await page.click(row(1, 'button:text("Edit")'));
    await page.click('#collector-save-on');
    await shows(page, row(1, '.error'), 'It stays off');
    assert.equal((await stored(page))[0].on, false);
  });
});

test('each state is said with its reason, and the counts with theirs', async () => {
  const states = [
    [{ stats: stats({ acknowledged: 1284, pending: 3 }) }, 'Sending events as they come.', 'Acknowledged: 1,284. Waiting: 3.'],
    [{ stats: stats({ state: 'waiting', why: 'nothing answers at http://127.0.0.1:4318', pending: 7, nextTryAt: Date.UTC(2026, 8, 21, 9, 30) }) }, 'Waiting, and tried again: nothing answers at http://127.0.0.1:4318', 'Acknowledged: 0. Waiting: 7. Next attempt: 09:30:00 AM.'],
    [{ stats: stats({ pending: 1, memory: 'QuotaExceededError: full' }) }, 'Sending events as they come.',
      'Acknowledged: 0. Waiting: 1. The browser does not store them now (QuotaExceededError: full): events are kept in memory only, and are lost when it stops the extension.'],
    [{ stats: stats({ state: 'blocked', why: `HTTP 401 ${HOSTILE}`, rejected: 2, quarantined: 4, dropped: { settings: 5, odd: 1 } }) }, `Blocked: HTTP 401 ${HOSTILE}`,
      'Acknowledged: 0. Waiting: 0. Acknowledged, but not taken: 2. Set aside, since it refuses them: 4. Lost: 6 (the collector was changed while they waited: 5, odd: 1).'],
    [{ running: false, why: 'consent' }, 'On, but the browser does not allow this data to be sent.', ''],
    [{ running: false }, 'On, but it does not run.', ''],
  ];
  const all = states.map((_, at) => collector(at + 1, { on: true, to: `http://127.0.0.1:${at + 1}/` }));
  const told = Object.fromEntries(states.map(([how], at) => [all[at].id, how]));
  await options(all, { told, granted: ['http://127.0.0.1'] }, async (page) => {
    for (const [at, [, state, counts]] of states.entries()) {
      await shows(page, row(at + 1, '.collector-state'), state);
      assert.equal(await page.textContent(row(at + 1, '.collector-state')), state);
      assert.equal((await page.textContent(row(at + 1, '.counts'))).replaceAll(/[\u00a0\u202f]/g, ' '), counts);
      assert.equal(await page.isVisible(row(at + 1, 'button:text("Try again now")')), /waiting|blocked/.test(told[all[at].id].stats?.state), state);
      assert.equal(await page.isVisible(row(at + 1, 'button:text("Allow access")')), told[all[at].id].why === 'consent', state);
    }
    assert.equal(await page.locator('#collectors img').count(), 0);
    // A reason is English in any language, and numbers that run are not read aloud.
    assert.equal(await page.locator(row(2, '.collector-state [lang=en]')).count(), 1);
    await listen(page);
    await page.evaluate((told) => Object.assign(window.stub.told, told), { [all[0].id]: { stats: stats({ acknowledged: 1285 }) } });
    await shows(page, row(1, '.counts'), '1,285');
    assert.deepEqual(await heard(page), []);
    await page.click(row(2, 'button:text("Try again now")'));
    await shows(page, row(2, '.collector-state'), 'Sending');
    assert.deepEqual(await orders(page), [{ do: 'retry', id: all[1].id }]);
    assert.equal(await page.evaluate(() => document.activeElement.matches('#collectors > li:nth-child(2) input')), true);
  });
});

test('Try says in a sentence what the answer means', async () => {
  const answers = [
    [{ accepted: true, status: 200 }, 'It answers, and takes events.'],
    [{ accepted: false, status: 401, why: 'HTTP 401 no token' }, 'wants to know who sends: look at the headers (HTTP 401): HTTP 401 no token'],
    [{ accepted: false, status: 404, why: null }, 'look at its path (HTTP 404).'],
    [{ accepted: false, status: 415, why: null }, 'does not take this format (HTTP 415).'],
    [{ accepted: false, status: 503, why: null }, 'takes nothing at the moment (HTTP 503).'],
    [{ accepted: false, status: 302, why: null }, 'not that it takes events (HTTP 302).'],
    [{ accepted: false, status: null, why: 'it redirects' }, 'It answers, but takes no events: it redirects'],
    [{ accepted: false, reached: false, status: null, why: HOSTILE }, `Nothing answers: ${HOSTILE}`],
  ];
  const one = collector(1, { headers: { authorization: SECRET } });
  await options([one], { manifest: FIREFOX }, async (page) => {
    for (const [answer, sentence] of answers) {
      await page.evaluate((answer) => Object.assign(window.stub.tried, answer), answer);
      await page.click(row(1, 'button:text("Try it")'));
      await shows(page, row(1, '.attempted'), sentence);
    }
    assert.equal(await page.locator('#collectors img').count(), 0);
    assert.deepEqual((await orders(page))[0], { do: 'try', collector: one });
    // No data goes, so none is asked for.
    assert.deepEqual((await asked(page))[0], { origins: ['http://127.0.0.1/*'], inClick: true });
  });
  await options([], { allow: false }, async (page) => {
    await page.click('#collector-add');
    await page.fill(id('collector.to'), 'https://collector.example');
    await page.click('#collector-attempts button:text("Try it")');
    await shows(page, '#collector-attempts .attempted', 'it must admit the extension itself');
    assert.deepEqual(await stored(page), []);
  });
  // What was allowed for a trial alone is given back.
  await options([], {}, async (page) => {
    await page.click('#collector-add');
    await page.fill(id('collector.to'), 'https://collector.example');
    await page.click('#collector-attempts button:text("Try it")');
    await shows(page, '#collector-attempts .attempted', 'takes events');
    assert.ok((await granted(page)).includes('https://collector.example'));
    await page.click('#collector-cancel');
    await page.waitForFunction(() => !window.stub.granted.includes('https://collector.example'));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'collector-add');
  });
});

test('what would be sent is shown, as text, with headers covered and without an order to send', async () => {
  const preview = {
    events: 12,
    requests: [
      { url: 'http://127.0.0.1:4318/v1/traces', method: 'POST', headers: { Authorization: SECRET, 'content-type': 'application/json' }, text: `{"name":"${HOSTILE.replaceAll('"', '\\"')}"}` },
      { url: 'http://127.0.0.1:4318/v1/logs', method: 'POST', headers: {}, text: null },
      { url: 'http://127.0.0.1:4318/x', method: 'POST', headers: {}, text: `{"a":1}\n{"b":${'2'.repeat(30_000)}}\n` },
    ],
  };
  const one = collector(1, { headers: { authorization: SECRET } });
  await options([one], { preview }, async (page) => {
    await page.click(row(1, 'button:text("Show what")'));
    await shows(page, row(1, '.attempted'), 'Not sent. Requests that would be: 3, of events: 12');
    assert.deepEqual(JSON.parse(await page.textContent('.requests li:first-child pre')), { name: HOSTILE });
    assert.equal(await page.locator('.requests img').count(), 0);
    const text = await page.textContent('.requests');
    assert.match(text, /POST http:\/\/127\.0\.0\.1:4318\/v1\/traces/);
    assert.match(text, /Authorization: •+/);
    assert.match(text, /content-type: application\/json/);
    assert.doesNotMatch(text, /s3cr3t/);
    assert.match(text, /cannot be shown as text/);
    assert.match(text, /{"a":1}\n{"b":2+\n… and more characters: 10,01\d/);
    assert.deepEqual([await orders(page), await asked(page)], [[], []]);
    assert.deepEqual((await sent(page)).find((message) => message.ask === 'preview'), { ask: 'preview', collector: one });
  });
  await options([one], { preview: { ...preview, more: true } }, async (page) => {
    await page.click(row(1, 'button:text("Show what")'));
    await shows(page, row(1, '.attempted'), 'Not sent. Requests that would be: 3 of more, of events: 12');
  });
  await options([one], {}, async (page) => {
    await page.click(row(1, 'button:text("Show what")'));
    await shows(page, row(1, '.attempted'), 'Nothing is there to show yet');
    await page.evaluate(() => {
      window.stub.refusals.preview = { error: 'error_failed', detail: 'no encoder' };
    });
    await page.click(row(1, 'button:text("Show what")'));
    await shows(page, row(1, '.attempted'), 'no encoder');
  });
});

test('removing takes two clicks, and gives back only a permission that nothing else needs', async () => {
  const all = [collector(1), collector(2, { to: 'http://127.0.0.1:5000/' }), collector(3, { to: 'https://claude.ai/telemetry' })];
  await options(all, { granted: ['https://claude.ai', 'http://127.0.0.1'] }, async (page) => {
    const remove = async (left) => {
      await page.click(row(1, 'button:text("Remove")'));
      assert.equal((await stored(page)).length, left + 1);
      await page.click(row(1, 'button:text("Remove it and what waits")'));
      await rows(page, left);
    };
    await remove(2);
    assert.deepEqual(await granted(page), ['https://claude.ai', 'http://127.0.0.1']);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'collectors-title');
    await remove(1);
    await page.waitForFunction(() => !window.stub.granted.includes('http://127.0.0.1'));
    await remove(0);
    assert.deepEqual(await granted(page), ['https://claude.ai']);
    await page.waitForSelector('#collectors-none:not([hidden])');
  });
  // Nor does a site that goes take a collector's.
  const site = { ...settings(collector(1)), sites: { 'http://127.0.0.1:8080': { on: true } } };
  await options([collector(1)], { settings: site, granted: ['http://127.0.0.1'] }, async (page) => {
    await page.click('[aria-label="Remove http://127.0.0.1:8080"]');
    await page.waitForFunction(() => document.querySelectorAll('#sites li').length === 0);
    assert.deepEqual(await granted(page), ['http://127.0.0.1']);
  });
});

test('there are at most five', async () => {
  await options([1, 2, 3, 4, 5].map((at) => collector(at)), {}, async (page) => assert.equal(await page.isDisabled('#collector-add'), true));
});

const put = (page, given) => page.setInputFiles('#import', { name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(given)) });

test('a file has no headers unless asked for, and gives them back to the address they are of', async () => {
  const one = collector(1, { on: true, headers: { authorization: SECRET } });
  await options([one], {}, async (page) => {
    const bare = await saved(page, '#export');
    assert.doesNotMatch(bare.text, /s3cr3t|authorization/);
    assert.deepEqual(JSON.parse(bare.text).collectors, [{ ...one, headers: {} }]);
    await page.check('#export-headers');
    assert.deepEqual(JSON.parse((await saved(page, '#export')).text).collectors, [one]);
    await put(page, JSON.parse(bare.text));
    await shows(page, '#import-said', 'Nothing in x.json is other');
    // The same id with another address is no way to a token.
    await put(page, { version: 1, collectors: [{ ...one, to: 'https://other.example/', headers: {} }] });
    await page.click('#import-apply');
    await shows(page, '#import-said', 'Imported');
    assert.deepEqual(await stored(page), [{ ...one, on: false, to: 'https://other.example/', headers: {} }]);
  });
});

test('no file turns a collector on or has more sent; what it changes is shown, without secrets', async () => {
  const here = [collector(1, { on: true, include: ['prompts'] }), collector(2, { on: true, to: 'http://127.0.0.1:5000/' }), collector(3, { to: 'https://gone.example/' })];
  const file = [{ ...here[0], include: [] }, { ...here[1], include: ['answers'] }, collector(4, { on: true, to: 'https://new.example/', format: 'ndjson', headers: { 'x-key': SECRET } })];
  await options(here, { granted: ['https://claude.ai', 'https://gone.example'] }, async (page) => {
    await put(page, { version: 1, collectors: file });
    await page.waitForSelector('#import-changes:not([hidden])');
    const otlp = 'OpenTelemetry (protobuf)';
    const rest = 'GenAI conventions 1.41.1, Traces: turns, answers and tools, and how long they took, Logs: a record for each event';
    assert.deepEqual(await page.locator('#import-list li').allTextContents(), [
      `Collector that goes: https://gone.example, off, ${otlp}, without content, ${rest}`,
      `Collector: http://127.0.0.1:4318, on, ${otlp}, Prompts, ${rest} → http://127.0.0.1:4318, on, ${otlp}, without content, ${rest}`,
      `Collector: http://127.0.0.1:5000, on, ${otlp}, without content, ${rest} → http://127.0.0.1:5000, off, ${otlp}, Answers, ${rest}`,
      'New collector: https://new.example, off, Lines of JSON, without content, x-key',
    ]);
    await page.click('#import-apply');
    await rows(page, 3);
    await shows(page, '#import-said', 'Imported');
    assert.deepEqual(await stored(page), [{ ...here[0], include: [] }, { ...here[1], on: false, include: ['answers'] }, { ...file[2], on: false }]);
    assert.deepEqual([await granted(page), await asked(page)], [['https://claude.ai'], []]);
  });
  await options([], {}, async (page) => {
    await put(page, { version: 1, collectors: [{ ...here[0], to: 'nowhere' }] });
    await shows(page, '#import-error', 'collectors.0.to');
    assert.deepEqual(await stored(page), []);
  });
});

test('a file that gives other headers to a collector that is on is asked about where they would go unencrypted', async () => {
  const plain = (at, more) => collector(at, { on: true, to: `http://collector${at}.example/`, ...more });
  const here = [plain(1), plain(2, { headers: { a: 'b' } }), plain(3, { on: false }), plain(4, { headers: { a: 'b' } }), collector(5, { on: true })];
  const file = here.map((one, at) => (at === 1 ? one : { ...one, headers: { 'x-key': SECRET } }));
  await options(here, {}, async (page) => {
    const question = '#import-question .question';
    await put(page, { version: 1, collectors: file });
    await page.click('#import-apply');
    await page.waitForSelector(question);
    assert.match(await page.textContent(question), /http:\/\/collector1\.example is another machine.*: Headers\./);
    await page.click(`${question} button:text("Do not")`);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'import-apply');
    await page.click('#import-apply');
    await page.click(`${question} button:text("unencrypted")`);
    // Each for itself.
    await shows(page, question, 'collector4.example');
    await page.click(`${question} button:text("Do not")`);
    assert.deepEqual([await stored(page), await orders(page)], [here, []]);
    await page.click('#import-apply');
    for (const at of [1, 4]) {
      await shows(page, question, `collector${at}.example`);
      await page.click(`${question} button:text("unencrypted")`);
    }
    await shows(page, '#import-said', 'Imported');
    assert.deepEqual(await stored(page), file);
  });
});

test('what is written stays while the list changes elsewhere, and a collector that went is not lost with it', async () => {
  await options([collector(1), collector(2, { to: 'http://127.0.0.1:5000/' })], {}, async (page) => {
    await page.click(row(2, 'button:text("Edit")'));
    await page.fill(id('collector.to'), 'http://127.0.0.1:5001');
    await page.evaluate(() => {
      window.stub.settings.collectors.pop();
      const channel = new BroadcastChannel('pagetap.settings');
      channel.postMessage({});
      channel.close();
    });
    await page.waitForFunction(() => document.querySelectorAll('#collectors > li').length === 1);
    assert.equal(await page.inputValue(id('collector.to')), 'http://127.0.0.1:5001');
    await page.click('#collector-save');
    await rows(page, 2);
    assert.deepEqual((await stored(page)).map(({ to }) => to), ['http://127.0.0.1:4318/', 'http://127.0.0.1:5001/']);
  });
});

test('how they stand is unknown where nobody answers, and said so', async () => {
  await options([collector(1, { on: true })], { refusals: { collectors: { error: 'error_failed', detail: 'gone' } } }, async (page) => {
    await shows(page, '#collectors-error', 'gone');
    await shows(page, row(1, '.collector-state'), 'not known yet');
  });
});

const SHOWN = [collector(1, { on: true }), collector(2, { on: true, to: 'https://collector.example/otlp/base', include: ['prompts', 'toolResults'], headers: { authorization: SECRET } })];
const TOLD = { '00000001': { stats: stats({ acknowledged: 1284, pending: 3 }) }, '00000002': { stats: stats({ state: 'blocked', why: 'HTTP 401', dropped: { rows: 12 } }) } };

test('everything is reached with the keyboard, named, and seen when it is; 320 px are enough', async () => {
  for (const locale of ['en', 'zh_CN']) {
    await options(SHOWN, { told: TOLD }, async (page) => {
      await page.click(row(2, '> .buttons button:nth-last-child(2)'));
      assert.deepEqual(await overflowing(page), []);
      await page.focus('#origin');
      const stops = await walk(page);
      const ids = stops.map(({ id }) => id);
      for (const wanted of ['collector-add', 'collector.to', 'collector.format', 'collector.names', 'collector.headers.0.name', 'collector.headers.0.value', 'header-add', 'collector-cancel', 'collector-save-on', 'export-headers']) {
        assert.ok(ids.includes(wanted), `${wanted} in ${ids}`);
      }
      for (const { id, name, seen } of stops) assert.ok(name && seen, `${id} ${name} ${seen}`);
      const names = stops.map(({ name }) => name);
      assert.equal(names.filter((name) => name.includes('http://127.0.0.1:4318')).length, 6, String(names));
    }, { width: 320, locale });
  }
});

test('the collectors, light and dark, in both languages', async () => {
  for (const [scheme, locale] of [['light', 'en'], ['dark', 'zh_CN'], ['dark', 'en']]) {
    await options(SHOWN, { told: TOLD }, async (page) => {
      await page.click(row(2, '> .buttons button:nth-last-child(2)'));
      await page.waitForSelector('#collector:not([hidden])');
      await screenshot(page, `options-collectors-${locale}-${scheme}`, { fullPage: true });
    }, { scheme, locale });
  }
});
