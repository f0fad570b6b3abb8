// What streams of the Messages API say, read without any of our code: by eventsource-parser
// and the API's own rules. What a collector has stored must be this.

import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createParser } from 'eventsource-parser';

const CASES = fileURLToPath(new URL('../corpus/messages/', import.meta.url));
const NAMES = ['text', 'thinking', 'two-tools', 'usage-corrected', 'mcp-tool', 'server-tool-error', 'web-search', 'refusal'];

const IS_TOOL = new Set(['tool_use', 'server_tool_use', 'mcp_tool_use']);

/** Recordings in which a model is called once each, and what the calls were. */
export const files = NAMES.map((name) => `${CASES}${name}/input.sse`);
export const calls = files.map(read);

function read(file) {
  const call = { name: basename(dirname(file)), tools: [] };
  let usage = {};
  const parser = createParser({ onEvent({ data }) {
    const event = JSON.parse(data);
    if (event.type === 'message_start') {
      call.id = event.message.id;
      call.model = event.message.model;
      usage = { ...event.message.usage };
    }
    if (event.type === 'message_delta') {
      call.stop = event.delta.stop_reason ?? call.stop;
      // What it names counts from here on; what it leaves out stays.
      for (const [name, count] of Object.entries(event.usage ?? {})) usage[name] = count ?? usage[name];
    }
    const block = event.content_block;
    if (event.type === 'content_block_start' && IS_TOOL.has(block.type)) call.tools.push({ id: block.id, name: block.name, isOfClient: block.type === 'tool_use' });
  } });
  parser.feed(readFileSync(file, 'utf8'));
  const count = (name) => usage[name] ?? 0;
  // OpenTelemetry's rule for Anthropic: what the cache had is part of what went in.
  call.input = count('input_tokens') + count('cache_read_input_tokens') + count('cache_creation_input_tokens');
  call.cacheRead = count('cache_read_input_tokens');
  call.output = count('output_tokens');
  return call;
}
