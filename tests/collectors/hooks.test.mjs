// Claude Code's hook input, to those who made something for Claude Code's hooks: the types
// of its own SDK, and two programs that receive it. What they get is what is exported.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { corpus, lines, requests } from './replayed.mjs';
import { answers, folder, freePort, place, start, unless, until } from './running.mjs';

const ALL = ['prompts', 'answers', 'thinking', 'toolInputs', 'toolResults'];
const NODE_MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** Sessions of two services, with tools and their results: few, since each event is a process. */
const SESSIONS = /(ccr-v2\/turn|claudeai\/connector-tool|messages\/mcp-tool)\//;

for (const [what, include] of [['everything', ALL], ['no content', []]]) {
  test(`the types of Claude Code's SDK take each event with ${what} in it`, { skip: unless('agent-sdk') }, (t) => {
    const { hooks, events: sent } = requests(folder(t), 'hooks', { include });
    // Left out: what only Claude Code knows all of (what a switch of models costs), its own
    // input as it passed on a wire, which is content and which the corpus has shorter than it
    // is, and suggestions that the corpus has shorter.
    const passed = new Set(hooks.filter(({ hookInput }) => hookInput).map(({ type }) => type));
    const isWhole = ({ hook_event_name: name, permission_suggestions: suggested }) => (
      name !== 'PostModelSwitch' && !passed.has(name) && !suggested?.some(({ rules }) => !rules)
    );
    const events = lines(sent).filter(isWhole);
    const names = new Set(events.map(({ hook_event_name: name }) => name));
    assert.ok(events.length > 200 && names.size > 8, `${events.length} events of ${[...names]}`);
    // In a call that infers the type, what the SDK does not know is allowed; what it knows must fit.
    const checks = events.map((event) => `take(${JSON.stringify(event)});`);
    const source = `import type { HookInput } from '@anthropic-ai/claude-agent-sdk';
declare function take<const Input extends HookInput>(input: Input): void;
${checks.join('\n')}\n`;
    // Beside what is installed, where its own types are found.
    const file = place('agent-sdk', `hook_inputs_${include.length}.ts`);
    writeFileSync(file, source);
    const words = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', '--types', 'node',
      '--typeRoots', join(NODE_MODULES, '@types'), file];
    const { status, stdout } = spawnSync(join(NODE_MODULES, '.bin', 'tsc'), words, { encoding: 'utf8' });
    assert.equal(status, 0, stdout.slice(0, 4000));
    t.diagnostic(`${events.length} events: ${[...names].sort().join(', ')}`);
  });
}

test('agent-recorder records sessions and tools by its own hook', { skip: unless('agent-recorder') }, async (t) => {
  const home = folder(t);
  const port = await freePort();
  const env = { HOME: home, AR_LISTEN_PORT: String(port), AR_MCP_PROXY_PORT: String(await freePort()), AGENT_RECORDER_URL: `http://127.0.0.1:${port}` };
  const program = place('agent-recorder', 'node_modules', 'agent-recorder', 'dist', 'index.js');
  const recorder = start(t, process.execPath, [program, 'start'], { env });
  await answers(`http://127.0.0.1:${port}/`, recorder);

  const files = corpus().filter((file) => SESSIONS.test(file));
  const events = lines(requests(folder(t), 'hooks', { files, include: ALL }).events);
  const hook = place('agent-recorder', 'node_modules', '.bin', 'agent-recorder-hook');
  for (const event of events) {
    // As Claude Code runs a command hook: the event's name, the input on standard input.
    const running = spawn(hook, [event.hook_event_name], { env: { ...process.env, ...env, AGENT_RECORDER_DEBUG: '1' } });
    let said = '';
    for (const stream of [running.stdout, running.stderr]) stream.on('data', (text) => (said += text));
    running.stdin.end(JSON.stringify(event));
    await once(running, 'close');
    assert.match(said, /Event sent successfully/, `${event.hook_event_name}: ${said}`);
  }

  const told = new Map();
  for (const { session_id: session, hook_event_name: name, tool_name: tool } of events) {
    if (!told.has(session)) told.set(session, []);
    if (name === 'PreToolUse') told.get(session).push(tool.startsWith('mcp__') ? tool.split('__').slice(2).join('__') : tool);
  }
  assert.ok([...told.values()].flat().length >= 3, 'some sessions use tools');
  for (const [session, tools] of told) {
    if (!session) continue;
    const answer = await fetch(`http://127.0.0.1:${port}/api/sessions/${encodeURIComponent(session)}/events`);
    assert.equal(answer.status, 200, session);
    const kept = await answer.json();
    const calls = kept.filter(({ toolName }) => toolName);
    assert.deepEqual(calls.map(({ toolName }) => toolName).sort(), tools.sort(), session);
    const done = events.filter((event) => event.session_id === session && event.hook_event_name === 'PostToolUse');
    assert.equal(calls.filter(({ status }) => status === 'success' || status === 'error').length, done.length, session);
  }
  t.diagnostic(`${events.length} events of ${told.size} sessions, ${[...told.values()].flat().length} tools`);
});

test('AgentDeck takes each event by HTTP, and tells of those that wait for a person', { skip: unless('agentdeck') }, async (t) => {
  const port = await freePort();
  const home = folder(t);
  mkdirSync(join(home, '.agentdeck'));
  const server = join(place('agentdeck'), 'server.cjs');
  writeFileSync(server, `const { AgentDeckServer } = require('agentdeck/lib/server');
new AgentDeckServer({ port: ${port}, noAuth: true }).start();\n`);
  const deck = start(t, process.execPath, [server], { env: { HOME: home } });
  await answers(`http://127.0.0.1:${port}/api/sessions`, deck);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  t.after(() => socket.terminate());
  await once(socket, 'open');
  const heard = [];
  socket.on('message', (data) => heard.push(JSON.parse(data)));

  const events = lines(requests(folder(t), 'hooks', { include: ALL }).events);
  const wanted = events.filter(({ hook_event_name: name }) => name === 'PermissionRequest' || name === 'Notification');
  assert.ok(wanted.length > 3, `${wanted.length} wait for a person`);
  for (const event of events) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/hook`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(event),
    });
    assert.equal(answer.status, 200);
    const decision = (await answer.json()).hookSpecificOutput?.decision?.behavior;
    assert.equal(decision, event.hook_event_name === 'PermissionRequest' ? 'ask' : undefined, event.hook_event_name);
  }
  const told = () => heard.filter(({ type }) => type === 'notification');
  await until('all it tells', () => told().length >= wanted.length, deck);
  const texts = told().map(({ title, body, message }) => `${title} ${body ?? message}`);
  for (const [at, { hook_event_name: name, tool_name: tool }] of wanted.entries()) {
    if (name === 'PermissionRequest') assert.match(texts[at], new RegExp(tool || 'Tool'));
  }
  t.diagnostic(`${events.length} events, ${wanted.length} of them told`);
});
