// Installing what ships, in any order and as often as one likes.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLASSIC, startBench } from './bench.mjs';
import { inPage, TEXT_TYPES } from './scenario.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

describe('installing twice is harmless', () => {
  const bookmarklet = { head: CLASSIC + '<script src="/gen/bookmarklet.js"></script>' };
  const twice = {
    'the classic script twice': { head: CLASSIC + CLASSIC },
    'the bookmarklet after the classic script': bookmarklet,
    'the npm package after the classic script': {
      head: `${CLASSIC}<script type="module">
        import { install } from '/dist/npm/index.js';
        window.handles = [install(), install()];
      </script>`,
    },
    'the npm package twice': {
      head: `<script type="module">
        import { install } from '/dist/npm/index.js';
        window.handles = [install(), install()];
      </script>`,
    },
    'two copies of the npm package': {
      head: `<script type="module">
        import { install } from '/dist/npm/index.js';
        import { install as other } from '/dist/npm/index.js?other';
        window.handles = [install(), other()];
      </script>`,
    },
  };
  for (const [name, page] of Object.entries(twice)) {
    test(name, async () => {
      const seen = await inPage(bench, async ({ TEXT }) => {
        const types = [];
        __claudeHooks.on('*', ({ type }) => types.push(type));
        await words.ask(TEXT);
        await words.settled();
        const { streams } = __claudeHooks.stats();
        const [one, two] = window.handles ?? [];
        const same = one === two && (!one || one.hooks === window.__claudeHooks);
        window.__claudeHooksDestroy();
        return { types, streams, same, left: '__claudeHooks' in window };
      }, {}, page);
      assert.deepEqual(seen, { types: TEXT_TYPES, streams: 1, same: true, left: false });
    });
  }

  test('after it was removed, it can be installed again', async () => {
    const seen = await inPage(bench, async ({ TEXT }) => {
      const { install } = await import('/dist/npm/index.js');
      const counts = [];
      for (let round = 0; round < 3; round++) {
        const handle = install();
        const types = [];
        handle.hooks.on('*', ({ type }) => types.push(type));
        await words.ask(TEXT);
        await words.settled();
        counts.push(types.length);
        handle.destroy();
      }
      return counts;
    }, {}, { head: '' });
    assert.deepEqual(seen, Array(3).fill(TEXT_TYPES.length));
  });

  test('where another tool owns __claudeHooks, the npm package says so', async () => {
    const message = await inPage(bench, async () => {
      window.__claudeHooks = {};
      const { install } = await import('/dist/npm/index.js');
      try {
        return install();
      } catch (error) {
        return error.message;
      }
    }, {}, { head: '' });
    assert.match(message, /another __claudeHooks is active on this page: remove it first/);
  });
});

describe('options that are no good are refused where they are given', () => {
  const REFUSED = [
    ['null', "the options must be an object, not null"],
    ["'all'", "the options must be an object, not 'all'"],
    ["{ match: 'dialect' }", "match must be 'dialects', 'all', a RegExp or a function, not 'dialect'"],
    ['{ match: 42 }', 'not 42'],
    ["{ match: ['/x'] }", 'not an array'],
    ['{ match: null }', 'not null'],
    ['{ match: {} }', 'not object'],
    ['{ limits: null }', 'limits must be an object, not null'],
    ['{ limits: 5 }', 'limits must be an object, not 5'],
    ["{ limits: { textPerBlock: 'abc' } }", "limits.textPerBlock must be a whole number from 1 to 2147483647, not 'abc'"],
    ['{ limits: { openStreams: -1 } }', 'not -1'],
    ['{ limits: { openStreams: 0 } }', 'not 0'],
    ['{ limits: { bytesPerStream: 1.5 } }', 'not 1.5'],
    ['{ limits: { bytesPerStream: NaN } }', 'not NaN'],
    ['{ limits: { bytesPerStream: 2 ** 31 } }', 'not 2147483648'],
    ['{ limits: { bytes: 5 } }', 'there is no limit bytes'],
    ['{ dom: 1 }', 'dom must be true or false, not 1'],
    ["{ wire: 'no' }", "wire must be true or false, not 'no'"],
    ['{ dom: false, wire: false }', 'dom and wire cannot both be false: nothing would be left'],
    ['{ workers: 1 }', 'workers must be true or false, not 1'],
    ["{ readBlobs: 'yes' }", "readBlobs must be true or false, not 'yes'"],
  ];

  test('each with a TypeError that names it, and nothing is installed', async () => {
    const seen = await inPage(bench, async ({ sources }) => {
      const { fetch: native } = window;
      const { install } = await import('/dist/npm/index.js');
      return sources.map((source) => {
        try {
          install((0, eval)(`(${source})`)).destroy();
          return 'installed';
        } catch (error) {
          return `${error.name} ${error.message} ${fetch === native && !('__claudeHooks' in window)}`;
        }
      });
    }, { sources: REFUSED.map(([source]) => source) }, { head: '' });
    for (const [at, [source, message]] of REFUSED.entries()) {
      assert.ok(seen[at].startsWith('TypeError '), `${source}: ${seen[at]}`);
      assert.ok(seen[at].includes(message) && seen[at].endsWith(' true'), `${source}: ${seen[at]}`);
    }
  });

  test('and what is good is taken', async () => {
    const seen = await inPage(bench, async () => {
      const { install } = await import('/dist/npm/index.js');
      const frame = document.body.appendChild(document.createElement('iframe'));
      const good = [undefined, {}, { match: undefined, limits: undefined }, { match: 'all' }, { match: /x/g }, { match: () => true },
        { match: frame.contentWindow.RegExp('x') }, { limits: {} }, { limits: { openStreams: 1, textPerBlock: undefined } }];
      return good.map((options) => install(options).destroy());
    }, {}, { head: '' });
    assert.equal(seen.length, 9);
  });
});

test('the classic script takes its options from its element, and warns of what it does not know', async () => {
  const seen = {};
  const attributes = [
    '', 'data-match="all"', 'data-match="dialects"', 'data-match="everything"', 'data-match="all" data-wire="false"', 'data-dom="no"',
  ];
  for (const match of attributes) {
    const page = await bench.open({ body: `<script>window.warned = []; console.warn = (...words) => warned.push(words.join(' '))</script>
      <script src="/dist/pagetap.js" ${match}></script>` });
    seen[match] = await page.evaluate(async () => {
      await (await fetch('/elsewhere')).text();
      return [window.__claudeHooks?.stats().streams, ...window.warned];
    });
    assert.deepEqual(page.faults, []);
    await page.close();
  }
  assert.deepEqual(seen, {
    '': [0],
    'data-match="all"': [1],
    'data-match="dialects"': [0],
    'data-match="everything"': [
      undefined,
      "pagetap is not installed: match must be 'dialects', 'all', a RegExp or a function, not 'everything'",
    ],
    'data-match="all" data-wire="false"': [0],
    'data-dom="no"': [undefined, "pagetap is not installed: dom must be true or false, not 'no'"],
  });
});
