// Messages of sockets and of EventSource: what the sink needs to take them, on top
// of what bodies need.

const encoder = new TextEncoder();

// `stream(id)` is an open stream's facts, `links` what addresses it can announce, `count(stream, bytes)` counts what came,
// `later(step, bytes)` has `step(core, ts)` done in its turn.
export function messages({ stream, count, later, links }) {
  return {
    message(id, direction, data, event = '', lastEventId = '') {
      const about = stream(id);
      if (!about) return;
      const size = typeof data === 'number' ? data : data.length;
      count(about, size);
      links?.came(about, data, event);
      // The page may hand the buffer on as soon as it has it.
      const copy = typeof data === 'object' ? data.slice() : data;
      const out = +(direction === 'out');
      const step = typeof data === 'number' ? unread : message;
      later((core, ts) => step(core, { id, out, data: copy, event, lastEventId, ts }), data === size ? 0 : size);
    },
    state(id, what) {
      later((core, ts) => {
        core.input(what);
        core.exports.state(core.core, id, ts);
      });
    },
    // The page goes away: sessions that are under way will not be seen to their end.
    leave() {
      later((core, ts) => core.exports.leave(core.core, ts));
    },
  };
}

function message(core, { id, out, data, event, lastEventId, ts }) {
  const text = typeof data === 'string';
  const bytes = text ? encoder.encode(data) : data;
  if (bytes.length && !core.write(id, out, bytes)) return;
  const length = core.input(event, lastEventId);
  core.exports.message(core.core, id, out, +text, bytes.length, length, ts);
}

// Only that it was there, and its size.
function unread(core, { id, out, data, ts }) {
  core.exports.unread(core.core, id, out, data, ts);
}
