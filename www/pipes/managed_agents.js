// A Managed Agents session: its event stream, and the events it is sent.

import { readEvents } from '../chat/sse.js';
import { contentText } from '../chat/tool.js';
import { named } from './ids.js';
import { pause } from './remote/session.js';
import { turns } from './turn.js';

const HEADERS = {
  'Content-Type': 'application/json',
  'anthropic-version': '2023-06-01',
  'anthropic-beta': 'managed-agents-2026-04-01',
};
const RECONNECT_MS = 1_000;

export function openManagedAgents(page) {
  const events = `/v1/sessions/${named('sesn')}/events`;
  const left = new AbortController();
  const turn = turns();
  const seen = new Set();
  const previews = new Map(); // texts that are being written, by event
  const calls = new Map(); // tool calls, by event
  let stopped = false;

  const post = (event) => fetch(events, { method: 'POST', headers: HEADERS, body: JSON.stringify({ events: [event] }) });

  function preview(reply, event) {
    if (event.type === 'event_start' && event.event.type === 'agent.message') previews.set(event.event.id, reply.text());
    else if (event.type === 'event_delta') previews.get(event.event_id)?.append(event.delta.content.text);
  }

  function message(reply, event) {
    const text = contentText(event.content);
    const block = previews.get(event.id) ?? reply.text();
    block.set(text);
  }

  function call(reply, event) {
    const name = event.mcp_server_name ? `${event.mcp_server_name}: ${event.name}` : event.name;
    const card = reply.tool({ id: event.id, name });
    card.setInput(event.input);
    calls.set(event.id, { card, name });
  }

  /** The session waits for the person. */
  function confirm(id) {
    const { card, name } = calls.get(id) ?? {};
    const answer = (result, extra) => post({ type: 'user.tool_confirmation', tool_use_id: id, result, ...extra }).catch(() => {});
    card?.ask(`May the agent use ${name}?`, [
      { label: 'Allow', allows: true, run: () => answer('allow') },
      { label: 'Deny', run: () => answer('deny', { deny_message: 'The user does not want this.' }) },
    ]);
  }

  function idle(reply, { stop_reason: reason }) {
    if (reason.type === 'requires_action') return reason.event_ids.forEach(confirm);
    if (reason.type !== 'end_turn') reply.note(`The agent stopped: ${reason.type}.`, 'bad');
    turn.over(stopped ? 'You stopped this answer.' : undefined);
  }

  function apply(event) {
    if (event.id && seen.has(event.id)) return;
    if (event.id) seen.add(event.id);
    const reply = turn.reply();
    if (!reply) return;
    switch (event.type) {
      case 'event_start':
      case 'event_delta':
        preview(reply, event);
        break;
      case 'agent.message':
        message(reply, event);
        break;
      case 'agent.tool_use':
      case 'agent.mcp_tool_use':
        call(reply, event);
        break;
      case 'agent.tool_result':
      case 'agent.mcp_tool_result':
        calls.get(event.tool_use_id ?? event.mcp_tool_use_id)?.card.result(contentText(event.content) ?? '', event.is_error);
        break;
      case 'session.status_idle':
        idle(reply, event);
        break;
      case 'session.error':
        reply.note(event.error?.message ?? 'Something went wrong.', 'bad');
        break;
    }
    reply.grow();
  }

  async function follow() {
    for (let first = true; !left.signal.aborted; first = false) {
      try {
        const response = await fetch(`${events}/stream?beta=true&event_deltas=agent.message&event_deltas=agent.thinking`, {
          headers: { ...HEADERS, Accept: 'text/event-stream' },
          signal: left.signal,
        });
        page.state('stream open', true);
        if (!first) {
          const list = await fetch(events, { headers: HEADERS, signal: left.signal });
          (await list.json()).data.forEach(apply);
        }
        await readEvents(response.body, ({ data }) => apply(JSON.parse(data)));
      } catch {
        // Cut off: the list has what is missed.
      }
      if (!left.signal.aborted) page.state('cut, connecting again', false);
      await pause(RECONNECT_MS, left.signal);
    }
  }

  page.state('connecting', false);
  follow();
  return {
    async ask(text, reply) {
      stopped = false;
      const over = turn.begin(reply);
      const response = await post({ type: 'user.message', content: [{ type: 'text', text }] });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      return over;
    },
    stop() {
      stopped = true;
      post({ type: 'user.interrupt' }).catch(() => {});
    },
    close() {
      left.abort();
      turn.over('You left this session.');
    },
  };
}
