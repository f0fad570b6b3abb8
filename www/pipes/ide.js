// An editor in the browser, and the assistant in it: the assistant's client
// calls the editor's tools over a WebSocket, the person decides in the editor.

import { diffView } from '../chat/diff.js';
import { callTools, playTurn } from './mcp/calls.js';
import { mcpClient } from './mcp/client.js';
import { webSocket } from './mcp/web_socket.js';

const FILE = '/home/maple/garden-planner/src/water.js';

const BEFORE = `export function waterPlan(beds, rain) {
  const plan = [];
  // one can for each dry bed
  for (let i = 0; i <= beds.length; i++) {
    if (beds[i].dry && !rain) plan.push(beds[i].name);
  }
  return plan;
}
`;
const AFTER = BEFORE.replace('i <= beds.length', 'i < beds.length');

export function openIde(page) {
  let diffs = 0;
  const client = mcpClient(webSocket('/ide', (code) => page.state(`closed with code ${code}`, false)), {
    version: '2024-11-05',
    capabilities: { roots: {} },
    onnotification(message) {
      if (message.method === 'selection_changed' && message.params.text) page.state(`selected: ${message.params.text}`, true);
    },
  });
  const tools = callTools(client);

  async function begin() {
    const { serverInfo } = await client.initialize({ name: 'claude-code', version: '2.1.290' });
    page.state(`connected to ${serverInfo.name}`, true);
    await client.notify('ide_connected', { pid: 2204 });
    await Promise.all([client.request('tools/list', {}), client.request('prompts/list', {})]);
  }

  const begun = begin();
  begun.catch((error) => page.state(error.message, false));

  /** The editor shows the diff; what the person decides goes to the editor. */
  function askAbout(tab) {
    const decide = (saved) => fetch('/ide/diffs', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ tab_name: tab, is_saved: saved }),
    }).catch(() => {});
    return (card) => card.ask('Save this change to water.js?', [
      { label: 'Save', allows: true, said: 'saving', run: () => decide(true) },
      { label: 'Reject', said: 'rejected', run: () => decide(false) },
    ], diffView(BEFORE, AFTER));
  }

  async function change(reply) {
    reply.text().append('I look at what is selected, and at what the editor complains about.');
    await tools.call('getCurrentSelection', {});
    await tools.call('getDiagnostics', { uri: `file://${FILE}` });
    reply.text().append('The loop runs one bed too far: `<=` should be `<`.');
    diffs += 1;
    const tab = `✻ [Claude Code] water.js (${diffs.toString(16).padStart(6, 'e18e1')}) ⧉`;
    const { texts } = await tools.call('openDiff', {
      old_file_path: FILE, new_file_path: FILE, new_file_contents: AFTER, tab_name: tab,
    }, askAbout(tab));
    await tools.call('close_tab', { tab_name: tab });
    reply.text().append(texts[0] === 'FILE_SAVED'
      ? 'It is saved. Each bed is watered once now.'
      : 'I leave the file as it is.');
  }

  async function tell(reply) {
    const { texts: [folders] } = await tools.call('getWorkspaceFolders', {});
    await tools.call('getOpenEditors', {});
    const { texts: [selection] } = await tools.call('getCurrentSelection', {});
    const { start } = JSON.parse(selection).selection;
    reply.text().append(`We are in \`${JSON.parse(folders).folders[0].name}\`, in line ${start.line + 1} of \`water.js\`.`);
  }

  return {
    ask: (text, reply) => playTurn(async () => {
      await begun;
      tools.start(reply);
      await tools.call('closeAllDiffTabs', {});
      if (/not there/.test(text)) {
        await tools.call('paintTheFence', {});
        reply.text().append('This editor has no such tool.');
      } else if (/where/i.test(text)) await tell(reply);
      else await change(reply);
    }),
    stop: tools.stop,
    close() {
      tools.stop();
      client.close();
    },
  };
}
