// HTTP with server-sent events, as in 2024: an EventSource says where to post,
// and every answer comes on it.

export function eventSource(receive) {
  const source = new EventSource('/sse');
  const endpoint = new Promise((resolve) => {
    source.addEventListener('endpoint', ({ data }) => resolve(new URL(data, location.href)), { once: true });
  });
  source.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
  return {
    async send(message) {
      const response = await fetch(await endpoint, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(message),
      });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    },
    close: () => source.close(),
  };
}
