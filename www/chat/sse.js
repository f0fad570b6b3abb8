// Reads an event stream as a chat page does: with the body's own reader.

/** Calls `deliver({event, id, data})` for each record until the body ends. */
export async function readEvents(body, deliver) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let id; // of this record alone: a record without one has none
  let data = [];
  const line = (text) => {
    if (text === '') {
      if (data.length > 0) deliver({ event, id, data: data.join('\n') });
      event = '';
      id = undefined;
      data = [];
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return; // a comment
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    // A CR at the very end may be half of a CRLF: wait for what follows it.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const text of lines) line(text);
  }
}
