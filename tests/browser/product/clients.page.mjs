// In the page: the clients that people use, each as its documentation shows it. Every way gives what
// the caller saw, as JSON: events, the assembled message, and how it failed.

import Anthropic from '@anthropic-ai/sdk';
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { createParser } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';

let client;
let ownFetch;

/** Makes what a client makes once and keeps. */
window.prepare = () => {
  client = new Anthropic({ apiKey: 'key', baseURL: location.origin, dangerouslyAllowBrowser: true, maxRetries: 0 });
  ownFetch = window.fetch;
};

const PARAMS = { model: 'claude-opus-5', max_tokens: 1024, messages: [{ role: 'user', content: 'Hello?' }] };

const failure = (error) => ({
  class: error?.constructor?.name,
  name: error?.name,
  message: String(error?.message ?? error),
  status: error?.status,
  type: error?.type,
});

// The SDK puts its own path behind the base address.
function messagesOf({ path, beta }) {
  const pointed = client.withOptions({ baseURL: location.origin + path });
  return beta ? pointed.beta.messages : pointed.messages;
}

const post = (path) => [`${path}/v1/messages`, { method: 'POST', body: JSON.stringify({ ...PARAMS, stream: true }) }];

const ways = {
  async 'sdk stream'(seen, about) {
    const stream = messagesOf(about).stream(PARAMS);
    const texts = [];
    stream.on('text', (text) => texts.push(text));
    stream.on('inputJson', (json) => texts.push(json));
    try {
      for await (const event of stream) seen.events.push(event);
    } finally {
      seen.texts = texts;
    }
    seen.message = await stream.finalMessage();
  },
  async 'sdk create, streaming'(seen, about) {
    const stream = await messagesOf(about).create({ ...PARAMS, stream: true });
    for await (const event of stream) {
      seen.events.push(event);
      if (seen.events.length === about.stopAfter) break;
    }
  },
  async 'sdk create'(seen, about) {
    seen.message = await messagesOf(about).create({ ...PARAMS, stream: false });
  },
  async 'sdk stream, aborted'(seen, about) {
    const stream = messagesOf(about).stream(PARAMS);
    for await (const event of stream) {
      seen.events.push(event);
      if (seen.events.length === about.stopAfter) stream.abort();
    }
  },
  async 'fetch-event-source'(seen, { path }) {
    const [url, init] = post(path);
    await fetchEventSource(url, {
      ...init,
      fetch: ownFetch,
      openWhenHidden: true,
      onmessage: (message) => seen.events.push(message),
      onclose: () => (seen.closed = true),
      // It would try again for ever.
      onerror: (error) => {
        throw error;
      },
    });
  },
  async 'eventsource-parser'(seen, { path }) {
    const response = await ownFetch(...post(path));
    seen.status = response.status;
    const parser = createParser({
      onEvent: (event) => seen.events.push(event),
      onComment: (comment) => seen.events.push({ comment }),
      onError: (error) => seen.events.push(failure(error)),
    });
    const decoder = new TextDecoder();
    for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }));
    parser.reset({ consume: true });
  },
  async 'eventsource-parser, piped'(seen, { path }) {
    const response = await ownFetch(...post(path));
    const stream = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      seen.events.push(value);
    }
  },
};

/** Goes one way; what the caller saw. `about`: { way, path, beta, stopAfter }. */
window.go = async (about) => {
  const seen = { events: [], message: null, error: null };
  // The tests look in while it is under way.
  window.seen = seen;
  try {
    await ways[about.way](seen, about);
  } catch (error) {
    seen.error = failure(error);
  }
  return comparable(seen);
};

// The SDK parses a tool's input when it is first read, and throws then if it is not JSON: also from
// here, so that is part of what the caller sees.
function comparable(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(comparable);
  const copy = {};
  for (const key of Object.keys(value)) {
    try {
      copy[key] = comparable(value[key]);
    } catch (error) {
      copy[key] = failure(error);
    }
  }
  return copy;
}
