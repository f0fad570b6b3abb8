// Claude Code's first pipe: rows over a WebSocket, everything else posted.

import { named, ORGANIZATION, socketAddress, uuid } from '../ids.js';
import { lineReader } from './lines.js';
import { headers, pause, session } from './session.js';

const BETA = 'ccr-byoc-2025-07-29';
const KEEP_ALIVE_MS = 50_000;
const RECONNECT_MS = 2_000;
const TRIES = 5;
const [NORMAL, SESSION_NOT_FOUND, UNAUTHORIZED] = [1000, 4001, 4003];

export function openRemoteSocket(page) {
  const id = named('session');
  const events = `/v1/sessions/${id}/events`;
  const left = new AbortController();
  const here = session(id, (event) => fetch(events, {
    method: 'POST',
    headers: headers(BETA),
    body: JSON.stringify({ events: [event] }),
  }));
  let socket = null;
  let last = null; // the last row that is kept
  let tries = 0;

  function row(row) {
    if (row.uuid && row.type !== 'stream_event') last = row.uuid;
    here.apply(row);
  }

  /** What was missed while there was no socket. */
  async function catchUp() {
    const after = last ? `?after_id=${encodeURIComponent(last)}` : '';
    const response = await fetch(events + after, { headers: headers(BETA) });
    const list = await response.json();
    list.data.forEach(row);
  }

  function connect() {
    const read = lineReader(row);
    socket = new WebSocket(socketAddress(`/v1/sessions/ws/${id}/subscribe?organization_uuid=${ORGANIZATION}`));
    const say = (message) => socket.send(`${JSON.stringify(message)}\n`);
    let alive;
    socket.onopen = () => {
      page.state('WebSocket open', true);
      say({ request_id: uuid().slice(-11), type: 'control_request', request: { subtype: 'initialize' } });
      alive = setInterval(() => say({ type: 'keep_alive' }), KEEP_ALIVE_MS);
      if (tries > 0) catchUp().catch(() => {});
      tries = 0;
    };
    socket.onmessage = ({ data }) => read(data);
    socket.onclose = ({ code }) => {
      clearInterval(alive);
      if (!left.signal.aborted) lost(code);
    };
  }

  async function lost(code) {
    const permanent = code === UNAUTHORIZED || (code === SESSION_NOT_FOUND && tries >= 3);
    if (permanent || tries >= TRIES) {
      page.state(`closed with code ${code}`, false);
      here.over(`The connection was closed with code ${code}.`);
      return;
    }
    tries += 1;
    page.state(`cut with code ${code}, connecting again`, false);
    await pause(RECONNECT_MS, left.signal);
    if (!left.signal.aborted) connect();
  }

  page.state('connecting', false);
  connect();
  return {
    ask: here.ask,
    stop: here.stop,
    close() {
      left.abort();
      socket.close(NORMAL);
      here.over('You left this session.');
    },
  };
}
