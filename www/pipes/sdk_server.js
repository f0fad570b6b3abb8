// The SDK's server: JSON objects over a WebSocket, one query at a time.

import { contentText } from '../chat/tool.js';
import { socketAddress } from './ids.js';
import { turns } from './turn.js';

export function openSdkServer(page) {
  const turn = turns();
  const socket = new WebSocket(socketAddress('/ws'));
  const send = (message) => socket.send(JSON.stringify(message));
  const opened = new Promise((resolve) => (socket.onopen = resolve));
  let stopped = false;
  let signing = null; // the card that asks to sign in

  function content(reply, blocks) {
    for (const block of blocks) {
      if (block.type === 'text') reply.text().append(block.text);
      else if (block.type === 'tool_use') reply.tool(block).setInput(block.input);
      else if (block.type === 'tool_result') reply.card(block.tool_use_id)?.result(contentText(block.content) ?? '', block.is_error);
    }
  }

  /** The session has expired: the person can sign in again, here without a window. */
  function signIn(reply, text) {
    signing = reply.tool({ id: `sign-in-${Date.now()}`, name: 'Sign in' });
    reply.note(text, 'warn');
    signing.ask('The session has expired.', [
      { label: 'Sign in', allows: true, run: () => send({ type: 'oauth_login', auto_open: false }) },
      { label: 'Not now', run: () => turn.over('You are not signed in.') },
    ]);
  }

  socket.onmessage = ({ data: frame }) => {
    const { type, data } = JSON.parse(frame);
    if (type === 'connection_established') {
      page.state(`connected as ${data.session_id}`, true);
      send({ type: 'define_tool', tool: { name: 'Scale', description: 'Scales a recipe', parameters: { servings: { type: 'number', required: true } } } });
      return;
    }
    const reply = turn.reply();
    if (!reply) return;
    switch (type) {
      case 'assistant_message':
        content(reply, data.content);
        break;
      case 'auth_required':
      case 'auth_expired':
        signIn(reply, data.message);
        break;
      case 'oauth_success':
        signing?.result(data.message, false);
        turn.over('You are signed in. Send your query again.');
        break;
      case 'query_interrupted':
      case 'query_cancelled':
        stopped = true;
        break;
      case 'query_end':
        turn.over(stopped ? 'You stopped this query.' : undefined);
        break;
      case 'error':
        reply.note(data.error, 'bad');
        break;
    }
    reply.grow();
  };
  socket.onclose = ({ code }) => {
    page.state(`closed with code ${code}`, false);
    turn.over(`The connection was closed with code ${code}.`);
  };

  page.state('connecting', false);
  return {
    async ask(text, reply) {
      stopped = false;
      await opened;
      const over = turn.begin(reply);
      send({ type: 'query', prompt: text, options: { allowed_tools: ['Read', 'Write'], permission_mode: 'acceptEdits' } });
      return over;
    },
    stop: () => send({ type: 'interrupt' }),
    close: () => socket.close(1000),
  };
}
