// What the observer tells the core of the screen, when it looks, and that it leaves nothing behind.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BROWSER } from '../browser.mjs';
import { startBench } from './bench.mjs';
import { chatWords, platform } from './chat_page.mjs';

const both = (platform, chat, extra) => `(${platform})();(${chat})();${extra ? `(${extra})()` : ''}`;
const CLASSIC = '<script src="/dist/pagetap.js"></script>';

let bench;
let serial = 0;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

/** A page at `path` with the tap and somebody who listens; `extra` runs before the tap. */
async function open({ path = `/chat/c${++serial}`, head = CLASSIC, extra, listen = true } = {}) {
  const page = await bench.open({ path, head, before: [{ content: both(platform, chatWords, extra) }] });
  if (listen) {
    await page.evaluate(() => {
      window.heard = [];
      __claudeHooks.on('*', (event) => heard.push(event));
    });
  }
  return page;
}

/** What `scene(given)` gives in such a page; nothing may have reached the page as an error. */
async function scene(scene, given = {}, options) {
  const page = await open(options);
  const result = await page.evaluate(scene, given);
  const { failure, notices } = await page.evaluate(() => __claudeHooks?.stats() ?? {}).catch(() => ({}));
  assert.deepEqual([await page.evaluate(() => words.faults), page.faults], [[], []]);
  assert.equal(failure ?? null, null);
  assert.equal(notices?.dom_failed, undefined);
  await page.close();
  return result;
}

describe('a snapshot is the end of a conversation', () => {
  test('from the last prompt on: answers, cards and questions in order, and the end of what is above', async () => {
    const { looks, path } = await scene(async () => {
      const it = chat();
      it.user('First question');
      it.answer('First answer').end();
      await ledger.painted();
      it.user('Second question');
      it.busy(true);
      const one = it.answer('Let me ');
      const card = one.tool('Search');
      const other = one.tool('Fetch');
      await ledger.painted();
      card.setAttribute('data-state', 'done');
      other.setAttribute('data-state', 'error');
      one.end();
      const two = it.answer();
      const dialog = it.ask('May it write the file?');
      await ledger.painted();
      dialog.remove();
      two.say('Done.');
      two.end();
      it.busy(false);
      await ledger.painted();
      return { looks: ledger.looks.map(({ ts, frame, ...look }) => look), path: location.pathname };
    });
    const [, , id] = path.split('/');
    const base = { root: 1, dialect: 'claudeai', conversation: id, by: 'control', asks: [], tools: [] };
    const second = { node: 7, text: 'Second question', before: 'First answer' };
    const tools = [{ node: 5, name: 'Search', state: 'running' }, { node: 6, name: 'Fetch', state: 'running' }];
    const done = [{ ...tools[0], state: 'done' }, { ...tools[1], state: 'failed' }];
    assert.deepEqual(looks, [
      { ...base, busy: false, prompt: { node: 3, text: 'First question', before: null }, answers: [{ node: 2, growing: false }] },
      { ...base, busy: true, prompt: second, answers: [{ node: 4, growing: true }], tools },
      {
        ...base, busy: true, prompt: second, tools: done, answers: [{ node: 4, growing: false }, { node: 8, growing: true }],
        asks: [{ node: 9, text: 'May it write the file?' }],
      },
      { ...base, busy: false, prompt: second, tools: done, answers: [{ node: 4, growing: false }, { node: 8, growing: false }] },
    ]);
  });

  test('while only words come, and the wire tells them, nothing is told that nobody wants to know', async () => {
    const looks = await scene(async () => {
      const it = chat();
      await ledger.painted();
      it.user('Question');
      it.busy(true);
      await words.ask('/v1/messages?case=messages/text', { messages: [{ role: 'user', content: 'Question' }] });
      const one = it.answer();
      await words.until(() => heard.some(({ type, renderedAt }) => type === 'MessageStart' && renderedAt));
      const { length } = ledger.looks;
      for (let i = 0; i < 20; i++) {
        one.say(`word ${i} `);
        await ledger.painted();
      }
      return ledger.looks.length - length;
    });
    assert.equal(looks, 0);
  });

  test('a prompt is what one reads of it: not its heading, its controls, or what is hidden', async () => {
    const seen = await scene(async () => {
      const it = chat();
      const message = it.user('Question');
      message.insertAdjacentHTML('afterbegin', '<h2 class="sr-only">You said:</h2><span hidden>12:01</span><i aria-hidden="true">avatar</i>');
      message.insertAdjacentHTML('beforeend', '<textarea>Draft</textarea><select><option>Model</select><button>Edit</button><a role="button">Copy</a>');
      await ledger.painted();
      return ledger.last().prompt.text;
    });
    assert.equal(seen, 'Question');
  });

  test('a card whose name comes a frame later is told again, with it', async () => {
    const names = await scene(async () => {
      const it = chat();
      it.user('Question');
      it.busy(true);
      const card = it.answer().tool('');
      const name = card.firstChild.appendChild(new Text());
      await ledger.painted();
      name.data = 'Search';
      await ledger.painted();
      return ledger.looks.map(({ tools: [{ name }] }) => name);
    });
    assert.deepEqual(names, ['', 'Search']);
  });

  test('with the wire off it has the text, a line for each block, cards left out', async () => {
    const texts = await scene(async () => {
      const it = chat();
      await ledger.painted();
      it.user('Question');
      it.busy(true);
      const one = it.answer('Hello');
      await ledger.painted();
      one.tool('Search');
      one.message.firstChild.insertAdjacentHTML('beforeend', '<ul>\n  <li>a <b>b</b></li>\n  <li>c</li>\n</ul><pre>1\n<i>2</i>\n3</pre>');
      await ledger.painted();
      one.end();
      it.busy(false);
      await ledger.painted();
      return ledger.looks.flatMap(({ answers }) => answers.map(({ text }) => text));
    }, {}, { head: '<script src="/dist/pagetap.js" data-wire="false"></script>' });
    assert.deepEqual([...new Set(texts)], [undefined, 'Hello', 'Hello\na b\nc\n1\n2\n3']);
  });

  test('however many changes there are, each conversation is looked at once a frame', async () => {
    const frames = await scene(async () => {
      const it = chat({ id: 'a' });
      const other = chat({ id: 'b' });
      await ledger.painted();
      ledger.looks.length = 0;
      for (let i = 0; i < 50; i++) {
        it.user(`a${i}`);
        other.user(`b${i}`);
        await Promise.resolve();
      }
      await ledger.painted();
      return ledger.looks.map(({ frame, conversation, prompt }) => [frame, conversation, prompt.text]);
    });
    assert.equal(frames.length, 2);
    assert.equal(frames[0][0], frames[1][0]);
    assert.deepEqual(frames.map(([, ...rest]) => rest), [['a', 'a49'], ['b', 'b49']]);
  });

  test('of several on screen, a dialog outside of all belongs to the one at work', async () => {
    const asks = await scene(async () => {
      const one = chat({ id: 'a' });
      chat({ id: 'b' });
      one.busy(true);
      await ledger.painted();
      one.ask('May I?');
      await ledger.painted();
      return ['a', 'b'].map((id) => ledger.looks.filter(({ conversation }) => conversation === id).at(-1).asks.map(({ text }) => text));
    });
    assert.deepEqual(asks, [['May I?'], []]);
  });

  test('what is above the last prompt is not looked at, however much it is', async () => {
    const seen = await scene(async () => {
      const it = chat();
      const rows = [];
      for (let i = 0; i < 5000; i++) {
        const text = i % 2 ? `<div data-testid="assistant-text">m${i}</div>` : `<p>m${i}</p>`;
        rows.push(`<div><div data-testid="${i % 2 ? 'assistant' : 'user'}-message">${text}</div></div>`);
      }
      it.list.innerHTML = rows.join('');
      it.user('last');
      const one = it.answer();
      await ledger.painted();
      const { prompt } = ledger.last();
      asked.count = asked.widest = 0;
      one.say('word');
      one.tool('Search');
      await ledger.painted();
      return { prompt, tools: ledger.last().tools.length, ...asked };
    }, {}, {
      // Before the tap: what it asks the platform, and below how many nodes.
      extra: () => {
        window.asked = { count: 0, widest: 0 };
        for (const name of ['matches', 'querySelectorAll']) {
          const native = Element.prototype[name];
          Element.prototype[name] = function (selector) {
            asked.count++;
            if (name !== 'matches') asked.widest = Math.max(asked.widest, this.getElementsByTagName('*').length);
            return native.call(this, selector);
          };
        }
      },
    });
    assert.deepEqual([seen.prompt, seen.tools], [{ node: seen.prompt.node, text: 'last', before: 'm4999' }, 1]);
    assert.ok(seen.count < 100 && seen.widest < 10, JSON.stringify(seen));
  });
});

describe('pages do what they like with their nodes', () => {
  // In the page: a turn, with `meanwhile(it, answer)` in its middle; the snapshots without node numbers.
  const turn = async (meanwhile, options) => scene(async ({ meanwhile, options }) => {
    let it = chat(options);
    await ledger.painted();
    it.user('Question');
    it.busy(true);
    const answer = it.answer('Some words');
    answer.tool('Search');
    await ledger.painted();
    ledger.looks.length = 0;
    it = (await (0, eval)(`(${meanwhile})`)(it, answer)) ?? it;
    await ledger.painted();
    return ledger.looks.map(({ busy, prompt, answers, tools, root, gone }) =>
      (gone ? `${root} gone` : `${root} ${busy} ${prompt?.text} ${answers.length} ${tools.map(({ state }) => state)}`));
  }, { meanwhile: String(meanwhile), options });

  test('the same in new nodes is the same', async () => {
    const looks = await turn((it) => it.again());
    assert.deepEqual(new Set(looks), new Set(['1 true Question 1 running']));
  });

  test('a control that is drawn anew, or whose words are in another language', async () => {
    const looks = await turn((it) => {
      it.button.textContent = 'Anhalten';
      it.button.setAttribute('aria-label', 'Antwort anhalten');
      it.button.replaceWith(it.button.cloneNode(true));
    });
    assert.deepEqual(looks, []);
  });

  test('a control and a dialog outside of every conversation that change where they are', async () => {
    const seen = await scene(async () => {
      const it = chat();
      it.user('Question');
      document.body.append(it.button);
      const dialog = it.ask('');
      const words = dialog.firstChild.appendChild(new Text());
      await ledger.painted();
      it.busy(true);
      await ledger.painted();
      words.data = 'May I?';
      await ledger.painted();
      it.busy(false);
      await ledger.painted();
      return ledger.looks.map(({ busy, asks: [{ text }] }) => [busy, text]);
    });
    assert.deepEqual(seen, [[false, ''], [true, ''], [true, 'May I?'], [false, 'May I?']]);
  });

  test('hydration: everything is replaced, the conversation too', async () => {
    const looks = await turn((it) => {
      const copy = it.region.cloneNode(true);
      it.region.replaceWith(copy);
    });
    assert.equal(looks[0], '1 gone');
    assert.match(looks[1], /^\d+ true Question 1 running$/);
    assert.equal(looks.length, 2);
  });

  test('a node with other words is read anew', async () => {
    const looks = await turn((it) => {
      it.list.querySelector('[data-testid="user-message"] p').firstChild.data = 'Another';
    });
    assert.deepEqual(looks, ['1 true Another 1 running']);
  });

  test('a list that shows only what is in sight', async () => {
    const looks = await turn(async (it) => {
      it.list.firstChild.remove();
      await ledger.painted();
      it.list.replaceChildren();
    });
    assert.deepEqual(looks, ['1 true undefined 1 running', '1 true undefined 0 ']);
  });

  test('a conversation that mounts late, and one that leaves', async () => {
    const looks = await scene(async () => {
      await ledger.painted();
      const app = document.body.appendChild(document.createElement('div'));
      const it = chat({ into: app });
      it.user('Late');
      await ledger.painted();
      app.remove();
      await ledger.painted();
      return ledger.looks.map(({ gone, prompt }) => gone ?? prompt.text);
    });
    assert.deepEqual(looks, ['Late', true]);
  });

  test('open shadow roots: around the conversation, around a message, and one that is attached late', async () => {
    const looks = await scene(async () => {
      const host = document.body.appendChild(document.createElement('div'));
      const it = chat({ into: host.attachShadow({ mode: 'open' }) });
      const inner = document.createElement('div');
      const message = it.make('div', 'user-message', {}, 'Inside');
      inner.attachShadow({ mode: 'open' }).append(message);
      it.list.append(inner);
      await ledger.painted();
      message.firstChild.data = 'Changed';
      await ledger.painted();
      it.busy(true);
      await ledger.painted();
      const late = document.body.appendChild(document.createElement('div'));
      await ledger.painted();
      chat({ into: late.attachShadow({ mode: 'open' }), id: 'late' }).user('Late');
      ledger.fire(5000);
      await ledger.painted();
      return ledger.looks.map(({ root, busy, prompt }) => `${root} ${busy} ${prompt.text}`);
    });
    assert.deepEqual(looks.slice(0, 3), ['1 false Inside', '1 false Changed', '1 true Changed']);
    assert.match(looks.at(-1), /^\d+ false Late$/);
  });

  for (const [name, act] of [
    ['a key', () => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))],
    ['a click, that the page lets nobody else hear', () => {
      window.addEventListener('click', (event) => event.stopPropagation(), true);
      document.body.click();
    }],
    ['another address', () => history.pushState(null, '', '/chat/late')],
    ['a change, and a while after it', async () => {
      document.body.append('words');
      await ledger.painted();
      ledger.fire(5000);
    }],
  ]) {
    test(`with the wire off, a conversation in a shadow root that was attached late is found by ${name}`, async () => {
      const seen = await scene(async ({ act }) => {
        const host = document.body.appendChild(document.createElement('chat-app'));
        await ledger.painted();
        // What was to look later has looked.
        ledger.fire(5000);
        await ledger.painted();
        const { timers } = ledger.count();
        chat({ into: host.attachShadow({ mode: 'open' }) }).user('Late');
        await ledger.painted();
        const before = ledger.looks.length;
        await (0, eval)(`(${act})`)();
        await ledger.painted();
        return [timers, before, ledger.last()?.prompt.text];
      }, { act: String(act) }, { head: '<script src="/dist/pagetap.js" data-wire="false"></script>' });
      assert.deepEqual(seen, [0, 0, 'Late']);
    });
  }

  test('of one conversation in another it is the inner one', async () => {
    const looks = await scene(async () => {
      const outer = chat();
      outer.user('outer');
      await ledger.painted();
      const inner = chat({ into: outer.region });
      inner.user('inner');
      await ledger.painted();
      inner.region.remove();
      await ledger.painted();
      await ledger.painted();
      return ledger.looks.map(({ gone, prompt }) => gone ?? prompt.text);
    });
    assert.deepEqual(looks, ['outer', true, 'inner', true, 'outer']);
  });

  test('a site that has no control to stop: what grows says that a turn runs', async () => {
    const looks = await scene(async () => {
      const it = chat();
      it.button.remove();
      await ledger.painted();
      it.user('Question');
      const one = it.answer();
      await ledger.painted();
      one.end();
      await ledger.painted();
      return ledger.looks.map(({ busy, by }) => `${busy} ${by}`);
    });
    assert.deepEqual(looks, ['false growing', 'true growing', 'false growing']);
  });
});

describe('which conversation it is', () => {
  for (const [name, extra, listens] of [
    ['with the Navigation API', undefined, 'currententrychange'],
    ['without it', () => Object.defineProperty(window, 'navigation', { value: undefined, configurable: true }), 'popstate'],
  ]) {
    test(`the address says so, ${name}: pushState, replaceState, back; elsewhere nothing is watched`, async () => {
      const said = await scene(async () => {
        const types = ledger.types().filter((type) => type === 'currententrychange' || type === 'popstate');
        const native = history.pushState;
        const it = chat();
        it.user('Question');
        const at = async (step) => {
          const { length } = ledger.looks;
          step();
          await ledger.painted();
          return [...ledger.looks.slice(length).map(({ gone, conversation }) => (gone ? 'gone' : conversation)), ledger.count().observers > 1];
        };
        const back = () => new Promise((done) => {
          window.addEventListener('popstate', done, { once: true });
          history.back();
        });
        return {
          push: await at(() => history.pushState(null, '', '/chat/one')),
          replace: await at(() => history.replaceState(null, '', '/chat/two?x')),
          fresh: await at(() => history.pushState(null, '', '/new')),
          elsewhere: await at(() => history.pushState(null, '', '/settings')),
          back: (await back(), await at(() => {})),
          string: [String(history.pushState).replace(/\s+/g, ' '), history.pushState.name, history.pushState.length],
          native: native === history.pushState,
          types,
        };
      }, {}, { extra });
      assert.deepEqual({ ...said, back: said.back.at(-1) }, {
        push: ['one', true],
        replace: ['two', true],
        fresh: ['', true],
        elsewhere: ['gone', false],
        back: true,
        string: ['function pushState() { [native code] }', 'pushState', 2],
        native: true,
        types: [listens],
      });
    });
  }

  test('events of the wire whose address names none belong to what was shown when their stream was opened', async () => {
    const seen = await scene(async () => {
      const asked = fetch('/v1/messages?case=messages/text', { method: 'POST', body: '{"messages":[{"role":"user","content":"Hello?"}]}' });
      history.pushState(null, '', '/chat/other');
      await words.read(await asked);
      history.pushState(null, '', '/new');
      const before = location.pathname;
      const later = fetch('/v1/messages?case=messages/thinking', { method: 'POST', body: '{"messages":[{"role":"user","content":"Again?"}]}' });
      history.pushState(null, '', '/chat/made');
      await words.read(await later);
      await words.settled();
      return [...new Set(heard.filter(({ streamId }) => streamId).map(({ streamId, conversationId }) => `${streamId} ${conversationId}`))];
    }, {}, { path: '/chat/mine' });
    assert.deepEqual(seen, ['1 mine', '2 made']);
  });
});

describe('no work that nobody needs', () => {
  test('while the tab is hidden nothing is left but what sees it come back; then there is one look', async () => {
    const seen = await scene(async () => {
      const it = chat();
      it.user('Question');
      it.busy(true);
      await ledger.painted();
      const before = ledger.count();
      ledger.show('hidden');
      const { observers, timers, frames } = ledger.count();
      const { length } = ledger.looks;
      it.user('Meanwhile');
      it.busy(false);
      await ledger.painted();
      const hidden = ledger.looks.length - length;
      ledger.show('visible');
      await ledger.painted();
      return {
        before: before.observers, after: observers, timers, frames, hidden,
        looks: ledger.looks.slice(length).map(({ by, busy, prompt }) => `${by} ${busy} ${prompt.text}`),
      };
    });
    // One observer is that of frames.
    assert.deepEqual(seen, { before: 2, after: 1, timers: 0, frames: 0, hidden: 0, looks: ['hidden false Meanwhile'] });
  });

  test('while nobody listens to hooks nothing is there; one event after the other is no pause', async () => {
    const seen = await scene(async () => {
      const it = chat();
      it.user('Question');
      await ledger.painted();
      const none = [ledger.looks.length, ledger.windows.length, ledger.count().observers];
      const types = ledger.types();
      const off = __claudeHooks.on('Stop', () => {});
      await ledger.painted();
      const some = [ledger.looks.length, [...ledger.windows], ledger.count().observers];
      off();
      const again = __claudeHooks.on('Stop', () => {});
      await new Promise((done) => setTimeout(done, 5));
      const same = [...ledger.windows];
      again();
      await words.until(() => ledger.windows.length === 2);
      it.user('Meanwhile');
      await ledger.painted();
      return { none, some, same, after: [ledger.looks.length, ledger.windows, ledger.count().observers], types: ledger.types().join() === types.join() };
    }, {}, { listen: false });
    assert.deepEqual(seen, { none: [0, 0, 1], some: [1, [2000], 2], same: [2000], after: [1, [2000, -1], 1], types: true });
  });

  for (const [name, head] of [
    ['the ES module, unless asked', `<script type="module">import { install } from '/dist/npm/index.js'; install();</script>`],
    ['data-dom="false"', '<script src="/dist/pagetap.js" data-dom="false"></script>'],
  ]) {
    test(`${name}: it is not there`, async () => {
      const page = await open({ head, listen: false });
      await page.evaluate(() => words.until(() => window.__claudeHooks?.stats().encoding === 'wasm'));
      const seen = await page.evaluate(async () => {
        __claudeHooks.on('*', () => {});
        chat().user('Question');
        await ledger.painted();
        return [ledger.looks, ledger.count().observers, mapClaudeDOM().parts.user.count];
      });
      assert.deepEqual(seen, [[], 1, 1]);
      await page.close();
    });
  }
});

describe('it leaves nothing', () => {
  for (const [name, extra] of [
    ['with the Navigation API', undefined],
    ['without it', () => Object.defineProperty(window, 'navigation', { value: undefined, configurable: true })],
  ]) {
    test(`after __claudeHooksDestroy() no observer, listener, timer or patch of ours, ${name}`, async () => {
      const page = await bench.open({ path: `/chat/left${++serial}`, before: [{ content: both(platform, chatWords, extra) }] });
      const seen = await page.evaluate(async () => {
        const functions = ledger.functions();
        const patched = () => [...ledger.functions()].filter(([place, member]) => functions.has(place) && functions.get(place) !== member).map(([place]) => place);
        const globals = Object.getOwnPropertyNames(window).sort().join();
        const before = { ...ledger.count(), types: ledger.types() };
        await new Promise((loaded) => {
          const script = document.createElement('script');
          script.src = '/dist/pagetap.js';
          script.onload = loaded;
          document.head.append(script);
        });
        __claudeHooks.on('*', () => {});
        const it = chat();
        it.user('Question');
        it.busy(true);
        await ledger.painted();
        const during = { ...ledger.count(), patched: patched() };
        const { mapClaudeDOM: own } = window;
        it.user('More');
        __claudeHooksDestroy();
        const after = { ...ledger.count(), types: ledger.types() };
        it.user('Later');
        await ledger.painted();
        return {
          before, during, after, looks: ledger.looks.at(-1).prompt.text,
          globals: globals === Object.getOwnPropertyNames(window).sort().join(),
          map: [typeof own, 'mapClaudeDOM' in window],
          patched: patched(),
        };
      });
      assert.deepEqual(seen.after, seen.before);
      assert.ok(seen.during.observers === 2 && seen.during.listeners > seen.before.listeners && seen.during.timers > 0);
      for (const place of [
        'window.fetch value', 'XMLHttpRequest.prototype.send value', 'WebSocket.prototype.send value', 'EventSource.prototype.close value', 'window.Worker value',
        'Navigator.prototype.sendBeacon value', 'Response.prototype.body get', 'window.Request value', 'AsyncIterator.next value',
      ]) assert.ok(seen.during.patched.includes(place), place);
      assert.equal(seen.during.patched.includes('History.prototype.pushState value'), !!extra);
      assert.deepEqual([seen.looks, seen.globals, seen.map, seen.patched], ['Question', true, ['function', false], []]);
      await page.close();
    });
  }

  test('what left the page is collected, also what left while the tab was hidden or after the tap, and then the tap', async (t) => {
    if (BROWSER === 'firefox') return t.skip('it keeps what it collects to itself');
    const page = await open();
    await page.evaluate(async () => {
      const refs = (window.refs = {});
      const it = chat();
      it.user('Question');
      it.busy(true);
      const answer = it.answer('words');
      refs.card = new WeakRef(answer.tool('Search'));
      refs.dialog = new WeakRef(it.ask('May I?'));
      refs.button = new WeakRef(it.button);
      refs.message = new WeakRef(answer.message);
      refs.region = new WeakRef(it.region);
      await ledger.painted();
      refs.card.deref().remove();
      refs.dialog.deref().remove();
      await ledger.painted();
      it.region.remove();
      await ledger.painted();
      const other = chat();
      other.user('Other');
      refs.hidden = new WeakRef(other.region);
      await ledger.painted();
      ledger.show('hidden');
      other.region.remove();
      ledger.show('visible');
      const last = chat();
      last.user('Last');
      last.busy(true);
      refs.last = new WeakRef(last.region);
      refs.hooks = new WeakRef(__claudeHooks);
      await ledger.painted();
      if (ledger.last().prompt.text !== 'Last') throw new Error('it was not seen');
      __claudeHooksDestroy();
      last.region.remove();
    });
    const cdp = await bench.context.newCDPSession(page);
    await cdp.send('HeapProfiler.enable');
    let left;
    // What is alive only on the stack of what has just run takes another round.
    for (let round = 0; round < 10 && left?.length !== 0; round++) {
      await page.evaluate(() => ledger.painted());
      await cdp.send('HeapProfiler.collectGarbage');
      left = await page.evaluate(() => Object.keys(refs).filter((name) => refs[name].deref()));
    }
    assert.deepEqual(left, []);
    await page.close();
  });
});

describe('a site that has changed', () => {
  test('notices of what misses, the outermost first, no exception, and one table repairs it', async () => {
    const seen = await scene(async () => {
      const said = () => heard.splice(0).filter(({ type }) => type === 'Notice').map(({ code, detail }) => `${code} ${detail}`);
      const it = chat({ prefix: 'x-' });
      it.user('Question');
      await ledger.painted();
      ledger.fire(5000);
      await ledger.painted();
      const missing = mapClaudeDOM().missing;
      const none = [ledger.looks.length, said()];
      // Only the region is known again.
      const region = __claudeHooks.translate({ dialect: 'claudeai', page: { conversation: '[data-testid="x-conversation"]' } });
      await words.read(await fetch('/v1/messages?case=messages/text', { method: 'POST', body: '{"messages":[{"role":"user","content":"Hello?"}]}' }));
      await words.settled();
      await ledger.painted();
      ledger.fire(5000);
      ledger.fire(5000);
      await ledger.painted();
      const more = said();
      __claudeHooks.translate({
        dialect: 'claudeai',
        page: {
          user: '[data-testid="x-user-message"]', assistant: '[data-testid="x-assistant-message"]', text: '[data-testid="x-assistant-text"]',
          growing: '[x-data-is-streaming="true"]', tool: '[data-testid="x-tool-card"]', toolName: '[data-testid="x-tool-name"]',
          stop: '[data-testid="x-stop-button"]', send: '[data-testid="x-send-button"]', permission: '[data-testid="x-permission-dialog"]',
        },
      });
      it.busy(true);
      it.answer('words').tool('Search');
      await ledger.painted();
      ledger.fire(5000);
      await ledger.painted();
      const { busy, prompt, answers, tools } = ledger.last();
      const repaired = { busy, prompt: prompt.text, answers: answers.length, tools: tools.map(({ name }) => name), missing: mapClaudeDOM().missing };
      const silent = said();
      __claudeHooks.translate({ dialect: 'claudeai', reset: true });
      await ledger.painted();
      return { missing, none, region, more, repaired, silent, reset: [ledger.last().gone, mapClaudeDOM().missing.length] };
    });
    assert.deepEqual(seen.none, [0, ['dom_missed claudeai.conversation']]);
    assert.equal(seen.missing.length, 12);
    assert.deepEqual(seen.more, ['dom_missed claudeai.send', 'dom_missed claudeai.user', 'dom_missed claudeai.assistant']);
    assert.equal(seen.region, true);
    assert.deepEqual(seen.repaired, {
      busy: true, prompt: 'Question', answers: 1, tools: ['Search'], missing: ['toolDone', 'toolFailed', 'permission', 'send'],
    });
    assert.deepEqual([seen.silent, seen.reset], [[], [true, 12]]);
  });

  // In the page: a turn in which each part shows at some time; the notices of it. `wire`: it is told, too.
  const everything = async ({ part, wire }) => {
    if (part) __claudeHooks.translate({ dialect: 'claudeai', page: { [part]: 'x-gone' } });
    const it = chat();
    await ledger.painted();
    it.user('Question');
    it.busy(true);
    const one = it.answer('Words');
    await ledger.painted();
    window.late += 2000;
    one.say(' and more');
    await ledger.painted();
    const done = one.tool('Search');
    const failed = one.tool('Fetch');
    const dialog = it.ask('May I?');
    await ledger.painted();
    if (wire) {
      for (const name of ['permission-both', 'tool-error']) {
        await words.ask(`/api/organizations/o${location.pathname.replace('/chat/', '/chat_conversations/')}/completion?case=claudeai/${name}`);
      }
      await words.settled();
    }
    dialog.remove();
    done.setAttribute('data-state', 'done');
    failed.setAttribute('data-state', 'error');
    await ledger.painted();
    one.end();
    it.busy(false);
    await ledger.painted();
    for (let i = 0; i < 2; i++) {
      ledger.fire(5000);
      await ledger.painted();
    }
    return heard.filter(({ type, code }) => type === 'Notice' && code === 'dom_missed').map(({ detail }) => detail);
  };
  // The clock is the page's.
  const clock = () => {
    const { now } = Date;
    window.late = 0;
    Date.now = () => now() + window.late;
  };
  const PARTS = ['conversation', 'user', 'assistant', 'text', 'growing', 'tool', 'toolName', 'toolDone', 'toolFailed', 'permission', 'stop', 'send'];

  test('each part that is renamed is missed, once, and nothing else is', async () => {
    const seen = {};
    for (const part of ['', ...PARTS]) seen[part] = await scene(everything, { part, wire: true }, { extra: clock });
    assert.deepEqual(seen, { '': [], ...Object.fromEntries(PARTS.map((part) => [part, [`claudeai.${part}`]])) });
  });

  test('with the wire off each without which the screen itself makes no sense', async () => {
    const head = '<script src="/dist/pagetap.js" data-wire="false"></script>';
    const seen = {};
    for (const part of ['', ...PARTS]) seen[part] = await scene(everything, { part, wire: false }, { extra: clock, head });
    // Calls and questions may be none; only the wire knows.
    const unknown = ['tool', 'toolDone', 'toolFailed', 'permission'];
    assert.deepEqual(seen, {
      '': [], ...Object.fromEntries(PARTS.map((part) => [part, unknown.includes(part) ? [] : [`claudeai.${part}`]])),
    });
  });

  test('a selector that is none is refused in the page, in the words of the others', async () => {
    const seen = await scene(() => [
      { dialect: 'claudeai', page: { user: '[[' } },
      [{ dialect: 'claudeai' }, { dialect: 'messages', page: { stop: `${'x'.repeat(70)}[` } }],
      { dialect: 'claudeai', page: { usr: 'p' } },
      { dialect: 'claudeai', page: { user: 1 } },
      { dialect: 'claudeai', page: { user: '[data-testid="it\'s"]', send: '' } },
    ].map((table) => {
      try {
        return __claudeHooks.translate(table);
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    }));
    assert.deepEqual(seen, [
      'TypeError: page.user: "[[" is no selector',
      `TypeError: [1].page.stop: "${'x'.repeat(60)}…" is no selector`,
      'TypeError: page.usr: "usr" is no part of a page; near it: user',
      'TypeError: page.user: must be a text',
      true,
    ]);
  });

  test('paths of a page may be others, and name the conversation', async () => {
    const seen = await scene(async () => {
      chat().user('Question');
      await ledger.painted();
      const before = ledger.looks.length;
      __claudeHooks.translate({ dialect: 'claudeai', page: { paths: ['/talk/*/{conversation}'] } });
      await ledger.painted();
      return [before, ledger.last().conversation, mapClaudeDOM().conversationId];
    }, {}, { path: '/talk/a.b/mine' });
    assert.deepEqual(seen, [0, 'mine', 'mine']);
  });

  for (const [name, page, change] of [
    ['what is above it', { stop: 'form[data-busy="true"] button', send: '' }, (it, on) => it.button.form.setAttribute('data-busy', on)],
    ['what is beside it', { stop: '.works + form button', send: '' }, (it, on) => it.list.classList.toggle('works', on)],
    ['what is in it', { stop: 'form:has(.works)', send: '' }, (it, on) => it.button.classList.toggle('works', on)],
    ['what is above a message', { stop: '', send: '', growing: '[data-busy="true"] [data-testid="assistant-message"]' },
      (it, on) => document.body.setAttribute('data-busy', on)],
  ]) {
    test(`a selector may depend on ${name}`, async () => {
      const seen = await scene(async ({ page, change }) => {
        __claudeHooks.translate({ dialect: 'claudeai', page });
        const it = chat();
        it.user('Question');
        it.answer('words').end();
        const busy = [];
        for (const on of [false, true, false]) {
          (0, eval)(`(${change})`)(it, on);
          await ledger.painted();
          busy.push(ledger.last().busy);
        }
        return busy;
      }, { page, change: String(change) });
      assert.deepEqual(seen, [false, true, false]);
    });
  }

  test('a table may know elements by their names alone', async () => {
    const seen = await scene(async () => {
      __claudeHooks.translate({
        dialect: 'messages',
        page: { paths: ['/talk/{conversation}'], conversation: 'chat-window', user: 'user-query', assistant: 'model-answer', stop: 'stop-button' },
      });
      document.body.innerHTML = '<chat-window><user-query>Question</user-query><stop-button></stop-button></chat-window>';
      await ledger.painted();
      const { dialect, busy, prompt } = ledger.last();
      document.querySelector('stop-button').remove();
      await ledger.painted();
      return [dialect, busy, prompt.text, ledger.last().busy];
    }, {}, { path: '/talk/names' });
    assert.deepEqual(seen, ['messages', true, 'Question', false]);
  });

  test('mapClaudeDOM prints a table and gives what each selector finds', async () => {
    const page = await open();
    const printed = [];
    page.on('console', (message) => printed.push(`${message.type()} ${message.text()}`));
    const seen = await page.evaluate(() => {
      const it = chat();
      it.user('Question');
      const map = mapClaudeDOM();
      return { ...map, parts: map.parts.user, same: map.parts.user.elements[0] === it.list.querySelector('[data-testid="user-message"]'), own: __claudeHooks.mapDOM === mapClaudeDOM };
    });
    assert.deepEqual([seen.dialect, seen.known, seen.parts.count, seen.same, seen.own], ['claudeai', true, 1, true, true]);
    assert.equal(seen.conversationId, seen.path.split('/').pop());
    assert.deepEqual(printed.map((line) => line.split(' ')[0]), ['info', 'table']);
    await page.close();
  });
});

describe('what comes of it', () => {
  // In the page: a turn as a person sees it. `wire()` answers while it lasts.
  const turn = async (wire = async () => {}) => {
    const it = chat();
    it.user('Before');
    it.answer('Answer').end();
    await ledger.painted();
    it.user('How long?');
    it.busy(true);
    const answered = wire();
    const one = it.answer();
    await ledger.painted();
    one.say('As long');
    const card = one.tool('Search');
    await ledger.painted();
    card.setAttribute('data-state', 'done');
    one.say(' as it takes.');
    await answered;
    await ledger.painted();
    one.end();
    it.busy(false);
    await ledger.painted();
    await words.until(() => heard.some(({ type }) => type === 'Stop'));
  };

  test('with the wire off: events of the screen, in order, with the words', async () => {
    const seen = await scene(async ({ turn }) => {
      await (0, eval)(`(${turn})`)();
      return heard.map(({ type, source, confidence, streamId, conversationId, prompt, text, toolName, lastAssistantMessage }) =>
        [type, source, confidence, streamId, conversationId, prompt ?? text ?? toolName ?? lastAssistantMessage].join(' '));
    }, { turn: String(turn) }, { path: '/chat/off', head: '<script src="/dist/pagetap.js" data-wire="false"></script>' });
    const merged = seen.filter((line) => !line.startsWith('MessageDelta'));
    assert.deepEqual(merged, [
      'SessionStart dom high 0 off ',
      'UserPromptSubmit dom high 0 off How long?',
      'MessageStart dom high 0 off ',
      'ToolUseStart dom high 0 off Search',
      'PostToolUse dom high 0 off Search',
      'MessageEnd dom high 0 off ',
      'Stop dom high 0 off As long as it takes.',
    ]);
    assert.ok(seen.length > merged.length, 'some words came as deltas');
  });

  test('with the wire off: what runs when the tap is removed, or the page is left, ends', async () => {
    for (const how of ['destroy', 'leave']) {
      const seen = await scene(async ({ how }) => {
        const it = chat();
        await ledger.painted();
        it.user('How long?');
        it.busy(true);
        it.answer('As long');
        await words.until(() => heard.some(({ type }) => type === 'MessageStart'));
        if (how === 'destroy') __claudeHooksDestroy();
        else dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }));
        return heard.map(({ type, confidence, complete }) => [type, confidence, complete].join(' ')).slice(-2);
      }, { how }, { head: '<script src="/dist/pagetap.js" data-wire="false"></script>' });
      assert.deepEqual(seen, ['MessageEnd low false', 'Stop low '], how);
    }
  });

  test('with the wire on: its events alone, each that can be seen with the time at which it was', async () => {
    const seen = await scene(async ({ turn }) => {
      const begun = Date.now();
      const ask = () => words.ask('/v1/messages?case=messages/text&cuts=5', { messages: [{ role: 'user', content: 'How long?' }] });
      await (0, eval)(`(${turn})`)(ask);
      await words.until(() => heard.some(({ type, renderedAt }) => type === 'Stop' && renderedAt));
      return heard.map(({ type, source, renderedAt }) => [type, source === 'dom', renderedAt >= begun]);
    }, { turn: String(turn) });
    const shown = (name) => seen.filter(([type]) => type === name);
    for (const name of ['UserPromptSubmit', 'MessageStart', 'MessageEnd', 'Stop']) assert.deepEqual(shown(name), [[name, false, true]], name);
    assert.deepEqual(shown('MessageDelta').map(([, dom]) => dom), [false, false, false, false]);
  });
});

describe('a turn that is cut off', () => {
  for (const [name, cut, last] of [
    ['__claudeHooksDestroy()', () => __claudeHooksDestroy(), 'watch -1'],
    ['the page is left', () => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false })), 'leave'],
  ]) {
    test(`${name}: the core hears what was seen, then how the wire ended, then that it is over, and is read`, async () => {
      const key = bench.key();
      const page = await open();
      const calling = page.evaluate(async ({ key, cut }) => {
        const it = chat();
        await ledger.painted();
        it.busy(true);
        const { body } = await fetch(`/v1/messages?drive=${key}`, { method: 'POST', body: '{"messages":[{"role":"user","content":"Hello?"}]}' });
        body.getReader().read();
        await ledger.painted();
        it.user('Question');
        // The frame that sees it, and nothing after that.
        await Promise.resolve();
        await new Promise((done) => requestAnimationFrame(done));
        ledger.calls.length = 0;
        (0, eval)(`(${cut})`)();
        return [...ledger.calls];
      }, { key, cut: String(cut) });
      // Firefox gives a page no response before the first byte of its body.
      await (await bench.service.stream(key)).write(': begun\n\n');
      const calls = await calling;
      // It may be read in between as well.
      assert.deepEqual(calls.filter((call) => call !== 'read'), ['look', 'end', last]);
      assert.equal(calls.at(-1), 'read');
      await page.close();
    });
  }

  test('who listens again at once takes nothing from it', async () => {
    const calls = await scene(async () => {
      chat().user('Question');
      const first = __claudeHooks.on('Stop', () => {});
      await ledger.painted();
      first();
      ledger.calls.length = 0;
      ledger.fire(0);
      __claudeHooks.on('Stop', () => {});
      await ledger.painted();
      return ledger.calls.filter((call) => call !== 'read');
    }, {}, { listen: false });
    assert.deepEqual(calls.slice(0, 3), ['watch -1', 'watch 2000', 'look']);
  });
});

describe('the page and the observer do not meet', () => {
  test('a page that replaces what the observer works with neither sees nor breaks it', async () => {
    const seen = await scene(async () => {
      const it = chat();
      await ledger.painted();
      const called = [];
      const undo = [];
      const { defineProperty } = Object;
      const replace = (object, names) => {
        for (const name of names) {
          const found = Object.getOwnPropertyDescriptor(object, name);
          const trap = () => {
            called.push(name);
            throw new Error(name);
          };
          undo.push(() => defineProperty(object, name, found));
          defineProperty(object, name, { ...found, [found.get ? 'get' : 'value']: trap });
        }
      };
      it.user('Question');
      it.busy(true);
      const painted = ledger.painted();
      replace(Element.prototype, ['matches', 'querySelectorAll', 'getAttribute', 'shadowRoot', 'localName']);
      replace(Document.prototype, ['querySelectorAll', 'createTreeWalker']);
      replace(Node.prototype, ['parentNode', 'nodeType', 'lastChild', 'previousSibling', 'textContent', 'isConnected']);
      replace(MutationObserver.prototype, ['observe', 'takeRecords']);
      replace(MutationRecord.prototype, ['addedNodes', 'target', 'type']);
      replace(NodeList.prototype, ['length']);
      replace(JSON, ['stringify']);
      replace(RegExp.prototype, ['exec']);
      replace(Array.prototype, ['map', 'some', 'forEach', 'filter']);
      replace(Map.prototype, ['set']);
      replace(WeakMap.prototype, ['get', 'set']);
      replace(WeakRef.prototype, ['deref']);
      await painted;
      for (const step of undo) step();
      const { busy, prompt } = ledger.looks[ledger.looks.length - 1];
      return { called: called.join(), busy, text: prompt.text };
    });
    assert.deepEqual(seen, { called: '', busy: true, text: 'Question' });
  });

  test('nothing is written, and nothing asks for layout', async () => {
    const seen = await scene(async () => {
      const it = chat();
      await ledger.painted();
      const asked = [];
      for (const [object, names] of [
        [HTMLElement.prototype, ['innerText', 'offsetWidth', 'offsetHeight', 'offsetParent']],
        [Element.prototype, ['clientHeight', 'clientWidth', 'scrollTop', 'getBoundingClientRect', 'getClientRects', 'checkVisibility']],
        [window, ['getComputedStyle']],
      ]) {
        for (const name of names) {
          Object.defineProperty(object, name, { configurable: true, get: () => asked.push(name) });
        }
      }
      it.user('Question');
      it.answer('words').tool('Search');
      it.ask('May I?');
      const html = document.documentElement.outerHTML;
      await ledger.painted();
      return { asked, same: html === document.documentElement.outerHTML, looked: ledger.last().tools.length };
    });
    assert.deepEqual(seen, { asked: [], same: true, looked: 1 });
  });

  test('its first throw is its end, told once; the rest goes on', async () => {
    const page = await open({
      extra: () => {
        const { matches } = Element.prototype;
        Element.prototype.matches = function (selector) {
          if (window.broken) throw new Error('no more');
          return matches.call(this, selector);
        };
      },
    });
    const seen = await page.evaluate(async () => {
      const it = chat();
      it.user('Question');
      await ledger.painted();
      window.broken = true;
      it.user('More');
      await ledger.painted();
      it.user('And more');
      await ledger.painted();
      await words.read(await fetch('/v1/messages?case=messages/text', { method: 'POST', body: '{"messages":[{"role":"user","content":"Hello?"}]}' }));
      await words.settled();
      const notices = heard.filter(({ type }) => type === 'Notice').map(({ code, detail }) => `${code} ${detail}`);
      return { notices, observers: ledger.count().observers, stop: heard.some(({ type }) => type === 'Stop'), failure: __claudeHooks.stats().failure };
    });
    assert.deepEqual(seen, { notices: ['dom_failed no more'], observers: 1, stop: true, failure: null });
    assert.deepEqual([await page.evaluate(() => words.faults), page.faults], [[], []]);
    await page.close();
  });
});
