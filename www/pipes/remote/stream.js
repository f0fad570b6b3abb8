// Claude Code's second pipe: an event stream that is resumed where it was cut.

import { readEvents } from '../../chat/sse.js';
import { named } from '../ids.js';
import { headers, pause, session } from './session.js';

const BETA = 'ccr-triggers-2026-01-30,oauth-2025-04-20';
const RECONNECT_MS = 1_000;
const TRIES = 5;
const PERMANENT = [401, 403, 404];

export function openRemoteStream(page) {
  const id = named('cse');
  const events = `/v1/code/sessions/${id}/events`;
  const left = new AbortController();
  const here = session(id, (event) => fetch(events, {
    method: 'POST',
    headers: headers(BETA),
    body: JSON.stringify({ events: [{ event_type: event.type, payload: event }] }),
  }));
  let cursor = 0;

  function record({ event, id: number, data }) {
    if (event === 'client_event') {
      here.apply(JSON.parse(data).payload);
      cursor = Number(number);
    } else if (event === 'ephemeral_event') here.apply(JSON.parse(data).payload);
    else if (event === 'session_update') page.state(`stream ${JSON.parse(data).connection_status}`, true);
  }

  async function follow() {
    for (let tries = 0; tries <= TRIES && !left.signal.aborted; tries += 1) {
      try {
        const resume = cursor > 0 ? { 'Last-Event-ID': String(cursor) } : {};
        const response = await fetch(`${events}/stream?from_sequence_num=${cursor}`, {
          headers: { ...headers(BETA), Accept: 'text/event-stream', ...resume },
          signal: left.signal,
        });
        if (PERMANENT.includes(response.status)) break;
        const before = cursor;
        await readEvents(response.body, record);
        if (cursor > before) tries = 0;
      } catch {
        // Cut off: the next try goes on after what came.
      }
      if (left.signal.aborted) return;
      page.state('cut, connecting again', false);
      await pause(RECONNECT_MS, left.signal);
    }
    page.state('lost', false);
    here.over('The connection was lost.');
  }

  page.state('connecting', false);
  follow();
  return {
    ask: here.ask,
    stop: here.stop,
    close() {
      left.abort();
      here.over('You left this session.');
    },
  };
}
