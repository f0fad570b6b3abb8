// An MCP client: JSON-RPC over whatever transport it is given.

const VERSION = '2025-06-18';

/**
 * A transport has `send(message)`, `close()` and calls what it is given with
 * each message. `answers` are this client's own methods: by name, a function of
 * the parameters that gives a result.
 */
export function mcpClient(transport, { version = VERSION, capabilities = {}, answers = {}, onnotification = () => {} }) {
  const waiting = new Map();
  let next = 0;

  const wire = transport(async (message) => {
    if (message.method && message.id !== undefined) {
      const result = await answers[message.method]?.(message.params);
      if (result) wire.send({ jsonrpc: '2.0', id: message.id, result });
      else wire.send({ jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'Method not found' } });
    } else if (message.method) {
      onnotification(message);
    } else {
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) call?.reject(new Error(message.error.message));
      else call?.resolve(message.result);
    }
  });

  function request(method, params, signal) {
    const id = next;
    next += 1;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      signal?.addEventListener('abort', () => {
        if (!waiting.delete(id)) return;
        wire.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason: 'The user stopped it.' } }).catch(() => {});
        reject(new Error('stopped'));
      });
      wire.send({ jsonrpc: '2.0', id, method, ...(params ? { params } : {}) }).catch((error) => {
        waiting.delete(id);
        reject(error);
      });
    });
  }

  const notify = (method, params) => wire.send({ jsonrpc: '2.0', method, ...(params ? { params } : {}) });

  return {
    notify,
    request,
    /** Introduces itself; resolves to what the server says of itself. */
    async initialize(clientInfo) {
      const result = await request('initialize', { protocolVersion: version, capabilities, clientInfo });
      wire.began?.(result.protocolVersion);
      await notify('notifications/initialized');
      wire.listen?.();
      return result;
    },
    call: (name, args, { signal, progressToken } = {}) => request('tools/call', {
      name,
      arguments: args,
      ...(progressToken ? { _meta: { progressToken } } : {}),
    }, signal),
    close: () => wire.close(),
  };
}
