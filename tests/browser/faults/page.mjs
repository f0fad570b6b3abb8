// In both pages, before their scripts: how a page reads each pipe, and what it saw of it. Nothing here
// knows whether there is a tap.

export const PIPES = ['fetch', 'xhr', 'es', 'ws'];

export function words() {
  // Several names of one server: a browser opens six connections to a name.
  const HOSTS = 6;
  const PATHS = {
    fetch: '/v1/messages',
    xhr: '/v1/messages',
    es: '/v1/code/sessions/cse_1/events/stream',
    ws: '/v1/sessions/ws/session_1/subscribe',
  };
  const PROMPT = '{"messages":[{"role":"user","content":"Hello?"}]}';
  let acks;

  const show = (error) => window.__show(error);

  /** What warnings the page's console has. */
  const said = (window.__said = []);
  const { warn } = console;
  console.warn = (...given) => {
    said.push(given.join(' '));
    warn.apply(console, given);
  };

  /**
   * Tells the line that the page has all of the first part, once `enough` holds of what it saw so far:
   * so many bytes or, by XMLHttpRequest, characters of a body, so many events or messages.
   */
  function acknowledging({ acknowledge, enough, arrived }) {
    let told = !acknowledge;
    return (got) => {
      if (told || got < enough) return;
      told = true;
      Promise.resolve(arrived?.()).then(acknowledge);
    };
  }

  async function sayOnceOpen(line, key) {
    acks ??= new Promise((open) => {
      const socket = new WebSocket(`ws://localhost:${line}/acks`);
      socket.onopen = () => open(socket);
    });
    (await acks).send(key);
  }

  const readers = {
    async fetch(address, options) {
      const seen = { text: '', bytes: 0 };
      const ask = acknowledging(options);
      try {
        const response = await fetch(address, { method: 'POST', body: PROMPT, signal: options.signal });
        seen.status = response.status;
        seen.type = response.headers.get('content-type');
        const reader = response.body.getReader();
        const decoder = new TextDecoder();
        for (;;) {
          ask(seen.bytes);
          const { done, value } = await reader.read();
          if (done) break;
          seen.bytes += value.length;
          seen.text += decoder.decode(value, { stream: true });
          options.each?.(seen, value);
        }
        seen.end = 'done';
      } catch (error) {
        seen.end = show(error);
      }
      return seen;
    },

    xhr: (address, options) => new Promise((done) => {
      const seen = { text: '', ends: [] };
      const ask = acknowledging(options);
      const xhr = new XMLHttpRequest();
      xhr.open('POST', address);
      options.opened?.(xhr);
      xhr.onreadystatechange = () => {
        if (xhr.readyState < 2) return;
        seen.text = xhr.responseText || seen.text;
        if (xhr.readyState === 3) options.each?.(seen, xhr);
        if (xhr.readyState > 1 && xhr.status) ask(seen.text.length);
      };
      for (const type of ['load', 'error', 'abort', 'timeout']) xhr.addEventListener(type, () => seen.ends.push(type));
      xhr.onloadend = () => done({ ...seen, status: xhr.status, type: xhr.getResponseHeader('content-type'), last: xhr.responseText });
      xhr.send(PROMPT);
    }),

    // Until its first error, or so many events.
    es: (address, options) => new Promise((done) => {
      const seen = { events: [] };
      const ask = acknowledging(options);
      const source = new EventSource(address);
      options.opened?.(source);
      const came = ({ type, data, lastEventId }) => {
        seen.events.push([type, data, lastEventId]);
        options.each?.(seen, source);
        ask(seen.events.length);
      };
      source.onopen = () => {
        seen.opened = source.readyState;
        ask(0);
      };
      source.onmessage = came;
      source.addEventListener('client_event', came);
      source.onerror = () => {
        seen.state = source.readyState;
        source.close();
        done(seen);
      };
    }),

    ws: (address, options) => new Promise((done) => {
      const seen = { messages: [], errors: 0 };
      const ask = acknowledging(options);
      const socket = new WebSocket(address.replace('http', 'ws'));
      options.opened?.(socket);
      socket.onopen = () => {
        seen.opened = socket.readyState;
        ask(0);
      };
      socket.onmessage = ({ data }) => {
        seen.messages.push(data);
        options.each?.(seen, socket);
        ask(seen.messages.length);
      };
      socket.onerror = () => seen.errors++;
      socket.onclose = ({ code, reason, wasClean }) => done({ ...seen, code, reason, wasClean });
    }),
  };

  let running = 0;
  window.__pipes = {
    readers,
    /** An address on the line: its `wire` and where that goes wrong; `host` is any number. */
    address(pipe, line, parameters, host = 0) {
      return `http://h${host % HOSTS}.localhost:${line}${PATHS[pipe]}?${new URLSearchParams(parameters)}`;
    },
    /** Reads what that address gives. `enough`: what has to be there before the line goes on. */
    read(pipe, line, parameters, { host = 0, enough, ...options } = {}) {
      if (enough === undefined) return readers[pipe](window.__pipes.address(pipe, line, parameters, host), options);
      const acknowledge = () => sayOnceOpen(line, parameters.key);
      const address = window.__pipes.address(pipe, line, { ...parameters, ack: 1 }, host);
      return readers[pipe](address, { ...options, acknowledge, enough });
    },
    /** The results of `task(at)` for each number below `count`, many at once. */
    async all(count, task, atOnce = 5 * HOSTS) {
      const results = [];
      let next = 0;
      const work = async () => {
        while (next < count) {
          const at = next++;
          results[at] = await task(at);
        }
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
      return results;
    },
  };
}

/**
 * In the tapped page, behind the tap: what is told of each address, by its `key`. The bytes of a body are
 * told as the text they are; events and messages as a page sees them.
 */
export function listening() {
  // Also once it was removed, or where it was installed twice.
  if (window.__told) return;
  const { stats } = __claudeHooks;
  const streams = new Map();
  const notices = [];
  const about = (streamId) => {
    if (!streams.has(streamId)) streams.set(streamId, {
      key: '', url: '', status: 0, states: [], bytes: [], frames: [], hooks: [], notices: [], ends: [],
    });
    return streams.get(streamId);
  };
  __claudeTap.on(({ kind, streamId, url, bytes, event, data, lastEventId, reason, code, count, detail, status, state }) => {
    if (kind === 'notice') {
      notices.push({ streamId, code, count, detail });
      if (streamId) about(streamId).notices.push([code, count]);
      return;
    }
    const told = about(streamId);
    if (kind === 'open') Object.assign(told, { key: new URL(url).searchParams.get('key'), url });
    if (kind === 'response') told.status = status;
    if (kind === 'state') told.states.push(state);
    if (kind === 'end') told.ends.push([reason, code ?? 0]);
    if (kind !== 'frame' && kind !== 'fragment') return;
    // None of a message that was not read.
    if (bytes) told.bytes.push(bytes);
    if (data !== undefined) told.frames.push([event ?? 'message', data, lastEventId ?? '']);
  });
  __claudeHooks.on('*', ({ type, streamId }) => type !== 'Notice' && streamId && about(streamId).hooks.push(type));
  window.__told = {
    /** Once everything is told. */
    async quiet() {
      const open = () => stats().open || stats().queuedBytes;
      while (open() && !stats().failure) await window.__turn();
      await window.__turn();
    },
    /** How much was told so far of the one with that key. */
    of(key) {
      const { frames, ends } = [...streams.values()].find((told) => told.key === key) ?? { frames: [], ends: [] };
      return { frames: frames.length, ends: ends.length };
    },
    /** What was told, by key. */
    async all() {
      await window.__told.quiet();
      const { failure, notices: counted, listenerErrors, droppedBytes, hooks } = stats();
      const list = {};
      for (const { bytes, key, ...told } of streams.values()) {
        const decoder = new TextDecoder();
        const text = bytes.map((each) => decoder.decode(each, { stream: true })).join('');
        (list[key] ??= []).push({ ...told, text, bytes: bytes.reduce((sum, { length }) => sum + length, 0) });
      }
      return { streams: list, notices, counted, failure, listenerErrors, droppedBytes, hooks };
    },
  };
}
