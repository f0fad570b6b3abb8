// What the events of the two layers hold, down to the bytes, and what the tap says of itself.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLASSIC, startBench } from './bench.mjs';
import { caseNames, covered, readCase } from './corpus.mjs';
import { COMPLETION, inPage, inTheMiddle } from './scenario.mjs';

let bench;
before(async () => {
  bench = await startBench();
});
after(() => bench?.close());

describe('payloads', () => {
  test('JSON fields are plain own enumerable properties, also when they are read late', async () => {
    const seen = await inPage(bench, async () => {
      const events = [];
      __claudeHooks.on('*', (event) => events.push(event));
      await words.ask('/v1/messages?case=messages/two-tools&cuts=5');
      // More goes through the core before anybody reads.
      await words.ask('/v1/messages?case=messages/web-search&cuts=6');
      await words.settled();
      const call = events.find(({ type }) => type === 'ToolUseEnd');
      const end = events.find(({ type }) => type === 'MessageEnd');
      const written = JSON.parse(JSON.stringify({ ...call, raw: null }));
      const { toolInput, ...others } = { ...call };
      return {
        keys: Object.keys(call).includes('toolInput') && Object.keys(end).includes('usage'),
        own: Object.hasOwn(call, 'toolInput'),
        written: written.toolInput,
        cloned: structuredClone(call).toolInput,
        spread: toolInput,
        others: Object.keys(others).includes('toolName'),
        plain: Object.getPrototypeOf(call) === Object.prototype,
        assigned: Object.assign(end, { usage: 'mine' }).usage,
        same: call.toolInput === call.toolInput,
      };
    });
    const input = { town: 'Ashby' };
    assert.deepEqual(seen, {
      keys: true, own: true, written: input, cloned: input, spread: input, others: true, plain: true, assigned: 'mine', same: true,
    });
  });

  test('raw leads to the exact bytes of the frame, and to its number in the raw layer', async () => {
    const name = 'claudeai/citations-utf16';
    const { hooks, frames } = await inPage(bench, async ({ url }) => {
      const hooks = [];
      const frames = [];
      __claudeHooks.on('*', (event) => hooks.push(event));
      __claudeTap.on((event) => event.kind === 'frame' && frames.push(event));
      await words.ask(url);
      await words.settled();
      const pack = ({ streamId, seq, offset, bytes }) => ({ streamId, seq, offset, bytes: [...bytes] });
      return {
        hooks: hooks.filter(({ raw }) => raw).map(({ type, raw }) => ({ type, ...pack(raw) })),
        frames: frames.map(pack),
      };
    }, { url: `${COMPLETION}?case=${name}&cuts=9` });
    const { body } = readCase(name);
    assert.ok(hooks.some(({ type }) => type === 'Citation') && hooks.some(({ type }) => type === 'MessageDelta'));
    for (const { type, ...raw } of hooks) {
      assert.deepEqual(Buffer.from(raw.bytes), body.subarray(raw.offset, raw.offset + raw.bytes.length), type);
      assert.deepEqual(raw, frames.find(({ seq }) => seq === raw.seq), type);
    }
  });

  test('toHookInput gives what Claude Code\'s hooks get', async () => {
    const { input, keys, none, prompt } = await inPage(bench, async ({ COMPLETION }) => {
      const call = __claudeHooks.once('PreToolUse');
      const asked = __claudeHooks.once('UserPromptSubmit');
      await words.ask(`${COMPLETION}?case=claudeai/tool-error&cuts=5`);
      const payload = await call;
      const input = __claudeHooks.toHookInput(payload);
      return {
        input: JSON.parse(JSON.stringify(input)),
        keys: Object.keys(input),
        prompt: __claudeHooks.toHookInput(await asked),
        none: __claudeHooks.toHookInput({ ...payload, conversationId: null }).session_id,
      };
    });
    assert.equal(none, '');
    // Claude Code has a source of prompts, which is something else.
    assert.deepEqual([prompt.source, prompt.tap_source], [undefined, 'wire']);
    assert.ok(keys.every((key) => /^[a-z_]+$/.test(key)), keys.join());
    assert.ok(!keys.includes('raw'));
    const { ts, seq, stream_id, dialect, ...fields } = input;
    assert.deepEqual([typeof ts, typeof seq, stream_id, dialect], ['number', 'number', 1, 'claudeai']);
    assert.deepEqual(fields, {
      session_id: 'c7',
      transcript_path: '',
      cwd: '',
      hook_event_name: 'PreToolUse',
      source: 'wire',
      observed: true,
      prompt_id: 'turn-1',
      message_id: '01a1d951-2786-7b6e-99b9-ed9f604ba38e',
      integration_name: null,
      mcp_server_url: null,
      status_message: 'Running command',
      display_content: null,
      tool_use_id: 'toolu_0133jvGXphwQxDLPqNUN9cz7',
      tool_name: 'bash_tool',
      block_index: 0,
      tool_input: { command: 'cat glaze.txt' },
      blocking: false,
    });
  });
});

describe('the raw layer', () => {
  test('rebuilds every body byte for byte, but for secrets, and has its request and its response', async () => {
    const names = [...caseNames('messages'), ...caseNames('complete')];
    const page = await bench.open({ head: CLASSIC });
    await page.evaluate(() => {
      window.raws = [];
      __claudeTap.on((event) => raws.push(event));
    });
    for (const [index, name] of names.entries()) {
      const { body, meta } = readCase(name);
      const path = name.startsWith('complete') ? '/v1/complete' : '/v1/messages';
      const prompt = { prompt: `number ${index}: ü` };
      const seen = await page.evaluate(async ({ url, prompt }) => {
        await words.ask(url, prompt);
        await words.settled();
        const events = window.raws.splice(0);
        const kinds = (...wanted) => events.filter(({ kind }) => wanted.includes(kind));
        const bytes = [];
        for (const frame of kinds('frame', 'fragment')) {
          if (frame.offset !== bytes.length || frame.bytes.length !== frame.length) throw new Error(`gap at ${bytes.length}`);
          bytes.push(...frame.bytes);
        }
        const [open] = kinds('open');
        const [request] = kinds('request');
        const [response] = kinds('response');
        const [end] = kinds('end');
        return {
          bytes,
          order: [events[0] === open, events[1] === request || events[1] === response, events.at(-1) === end],
          open: { url: open.url, method: open.method, direction: open.direction },
          request: { raw: request.raw, data: request.data, direction: request.direction },
          response: { status: response.status, contentType: response.contentType, direction: response.direction },
          end: end.reason,
          one: ['open', 'request', 'response', 'end'].every((kind) => kinds(kind).length === 1),
        };
      }, { url: `${path}?case=${name}&cuts=${index + 1}`, prompt });
      assert.ok(Buffer.from(seen.bytes).equals(covered(body)), name);
      assert.deepEqual(seen.order, [true, true, true], name);
      assert.ok(seen.one, name);
      assert.deepEqual(seen.open, { url: `${bench.service.origin}${path}?case=${name}&cuts=${index + 1}`, method: 'POST', direction: 'out' });
      assert.deepEqual(seen.request, { raw: prompt, data: JSON.stringify(prompt), direction: 'out' });
      assert.deepEqual(seen.response, { status: meta.status, contentType: meta.contentType, direction: 'in' });
      assert.equal(seen.end, 'done');
    }
    assert.deepEqual(page.faults, []);
    await page.close();
  });

  test('streams() lists what is open, stats() counts; both forget an exchange when it is over', async () => {
    const { page, stream, asked, body, rest } = await inTheMiddle(bench, 'messages/text', '/v1/messages');
    const during = await page.evaluate(() => ({ streams: __claudeTap.streams(), stats: __claudeTap.stats() }));
    const [info] = during.streams;
    assert.equal(during.streams.length, 1);
    assert.deepEqual([info.id, info.method, info.transport, info.adopted, info.status, info.bytes, typeof info.ts], [1, 'POST', 'fetch', false, 200, body.length - rest.length, 'number']);
    assert.ok(info.url.startsWith(`${bench.service.origin}/v1/messages?drive=`));
    assert.deepEqual(
      Object.keys(info).sort(),
      ['adopted', 'bytes', 'id', 'method', 'status', 'transport', 'ts', 'url'],
      'as in types.d.ts',
    );
    assert.deepEqual([during.stats.open, during.stats.streams, during.stats.encoding], [1, 1, 'wasm']);
    await stream.write(rest);
    stream.end();
    await asked;
    const afterwards = await page.evaluate(async () => {
      await words.settled();
      return { streams: __claudeTap.streams(), stats: __claudeHooks.stats() };
    });
    assert.deepEqual(afterwards.streams, []);
    const { stats } = afterwards;
    assert.deepEqual(
      [stats.open, stats.streams, stats.bytes, stats.droppedBytes, stats.queuedBytes, stats.failure, stats.listenerErrors],
      [0, 1, body.length, 0, 0, null, 0],
    );
    assert.match(stats.version, /^\d+\.\d+\.\d+/);
    await page.close();
  });
});
