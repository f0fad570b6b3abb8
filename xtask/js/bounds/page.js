// In the page: reads streams as a client does, and counts what the tap tells, if there is one and
// `bounds` does not say beforehand that nobody is to listen.

(() => {
  const told = { raw: 0, hooks: 0, notices: {} };
  if (globalThis.__claudeHooks && globalThis.bounds !== 'unheard') {
    __claudeTap.on(() => told.raw++);
    __claudeHooks.on('*', (payload) => {
      told.hooks++;
      if (payload.type === 'Notice') told.notices[payload.code] = (told.notices[payload.code] ?? 0) + payload.count;
    });
  }

  // On its own, so that a stream that waits does not keep the chunk before: that may be all that has come, or a
  // part, as the network had it.
  function count({ done, value }) {
    bounds.read += value?.length ?? 0;
    return done;
  }

  globalThis.bounds = {
    told,
    /** Bytes that were read so far. */
    read: 0,
    async stream(url) {
      const response = await fetch(url, { method: 'POST', body: `{"model":"m","stream":true,"messages":[{"role":"user","content":"${url}"}]}` });
      for (const reader = response.body.getReader(); !count(await reader.read()););
    },
    /** Turns `from` to `to`, each so much (ms) after the one before it, each with the result of the call before it. */
    async turns(from, to, apart) {
      for (let turn = from; turn < to; turn++) {
        const result = turn && { type: 'tool_result', tool_use_id: `toolu_${turn - 1}`, content: `notes ${turn}` };
        const content = [...(result ? [result] : []), { type: 'text', text: `and then ${turn}` }];
        const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content }] });
        const response = await fetch(`/v1/messages?turn=${turn}`, { method: 'POST', body });
        for (const reader = response.body.getReader(); !(await reader.read()).done;);
        pass(apart);
      }
      await bounds.quiet();
    },
    /** Begins them all; `finished` is when all are over. */
    open(urls) {
      bounds.finished = Promise.all(urls.map((url) => bounds.stream(url)));
      bounds.finished.catch((error) => (bounds.refused = error));
    },
    /** Once so many bytes were read. */
    async until(bytes) {
      while (bounds.read < bytes) {
        if (bounds.refused) throw bounds.refused;
        await new Promise((later) => setTimeout(later, 20));
      }
    },
    /** Once the tap has told all that it was given. */
    async quiet() {
      while (globalThis.__claudeTap?.stats().queuedBytes) await new Promise((later) => setTimeout(later, 1));
      return { ...told, stats: globalThis.__claudeTap?.stats() };
    },
  };
})();
