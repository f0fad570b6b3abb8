// `cargo xtask collect` of a chaos run: what it takes is in its file, whatever happens to it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

const CONTROL = { 'x-pagetap-control': '1' };

/** `note(line)`: for the journal. */
export async function startCollector({ xtask, store, note }) {
  let child;
  let url;
  let port = 0;
  let before = 0; // what those that were killed had kept

  process.on('exit', () => child?.kill('SIGKILL'));

  async function up() {
    child = spawn(xtask, ['collect', '--quiet', '--copies', '--port', String(port), '--store', store], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8');
    url = await new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error(`the collector did not start: ${said}`)));
      child.stderr.on('data', (text) => {
        const [, address] = /Collecting at (http:\S+): OTLP/.exec(said += text) ?? [];
        if (address) resolve(address);
      });
    });
    ({ port } = new URL(url));
  }

  // By a connection of its own: those of a collector that was killed are no good.
  async function ask(method, path, body) {
    const asking = request(url + path, { method, headers: CONTROL, agent: false }).end(body);
    const [answer] = await once(asking, 'response');
    const said = await text(answer);
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${said}`);
    return said;
  }

  const counts = async () => JSON.parse(await ask('GET', '/control/counts'));
  const keptOf = ({ kept }) => Object.values(kept).reduce((sum, count) => sum + count, 0);
  const faults = (words) => ask('PUT', '/control/faults', words);

  async function down() {
    const gone = once(child, 'exit');
    try {
      // Those of this life: what comes between the question and the end is not in them.
      const last = await counts();
      before += keptOf(last);
      note({ counts: last });
    } finally {
      child.kill('SIGKILL');
      await gone;
    }
  }

  await up();
  return {
    up,
    down,
    faults,
    kept: async () => before + keptOf(await counts()),
    get url() {
      return url;
    },
  };
}
