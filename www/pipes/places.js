// An assistant that finds places with an MCP server's tools, over HTTP.

import { fieldForm } from '../chat/form.js';
import { callTools, playTurn } from './mcp/calls.js';
import { mcpClient } from './mcp/client.js';

export function openPlaces(page, transport) {
  const client = mcpClient(transport, {
    capabilities: { elicitation: {} },
    answers: { 'elicitation/create': elicit },
    onnotification(message) {
      tools.notified(message);
      if (message.method === 'notifications/message') page.state(message.params.data, true);
    },
  });
  const tools = callTools(client);

  /** The server asks the person, through the card of the call it works on. */
  function elicit({ message, requestedSchema }) {
    const card = tools.lastCard();
    if (!card) return { action: 'cancel' };
    const form = fieldForm(requestedSchema);
    return new Promise((resolve) => card.ask(message, [
      { label: 'Accept', allows: true, said: 'answered', run: () => resolve({ action: 'accept', content: form.content() }) },
      { label: 'Decline', said: 'declined', run: () => resolve({ action: 'decline' }) },
    ], form.node));
  }

  async function begin() {
    const { serverInfo } = await client.initialize({ name: 'places-page', version: '1.0.0' });
    page.state(`connected to ${serverInfo.name}`, true);
    await client.request('tools/list', {});
  }

  page.state('connecting', false);
  const begun = begin();
  begun.catch((error) => page.state(error.message, false));

  async function find(reply) {
    reply.text().append('I ask the map.');
    const { texts: [found] } = await tools.call('find_places', { what: 'cake', near: 'the mill' });
    const [nearest] = found.split(',');
    const { texts: [walk] } = await tools.call('walking_time', { from: 'the mill', to: nearest });
    reply.text().append(`${nearest} is nearest. ${walk}`);
  }

  async function single(reply, name, args) {
    const { failed, texts: [text] } = await tools.call(name, args);
    reply.text().append(failed ? `That did not work: ${text}` : text);
  }

  return {
    ask: (text, reply) => playTurn(async () => {
      await begun;
      tools.start(reply);
      if (/book/i.test(text)) await single(reply, 'book_table', { place: 'Café Linde', seats: 2 });
      else if (/postcard/i.test(text)) await single(reply, 'send_postcard', { to: 'Ida' });
      else await find(reply);
    }),
    stop: tools.stop,
    close() {
      tools.stop();
      client.close();
    },
  };
}
