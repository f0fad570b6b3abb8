// In the page: what a client let its user know, in order, as JSON.

const PATIENCE = 30_000;

export class Transcript {
  /** Lists of entries by channel. */
  channels = {};
  /** The channels of all entries, in order. Null where independent connections make that a matter of chance. */
  order = [];
  #waiting = new Set();

  note(channel, ...what) {
    (this.channels[channel] ??= []).push(what.map(plain));
    this.order?.push(channel);
    for (const look of this.#waiting) look();
  }

  count(channel) {
    return this.channels[channel]?.length ?? 0;
  }

  /** Resolves when so many entries are on the channel. Gives up, and says on what, rather than hang. */
  until(channel, count) {
    return new Promise((done, failed) => {
      const look = () => {
        if (this.count(channel) < count) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        done();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        failed(new Error(`${count} on ${channel} never came: ${JSON.stringify(this.channels).slice(0, 2000)}`));
      }, PATIENCE);
      this.#waiting.add(look);
      look();
    });
  }

  /** Notes what `action` gives or how it fails. */
  async attempt(channel, name, action) {
    try {
      this.note(channel, name, await action());
    } catch (error) {
      this.note(channel, name, { failed: failure(error) });
    }
  }
}

export function failure(error) {
  if (error === null || typeof error !== 'object') return { value: String(error) };
  const { name, message, code, status, type, data, statusCode, isRetryable, reason, url, responseBody } = error;
  const cause = error.cause && failure(error.cause);
  return { class: error.constructor?.name, name, message, code, status, type, data, statusCode, isRetryable, reason, url, responseBody, cause };
}

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Comparable: errors, events and bytes as what they are to whoever gets them. */
export function plain(value) {
  if (typeof value === 'string' || value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined) return '(undefined)';
  if (typeof value === 'function') return '(function)';
  if (typeof value !== 'object') return String(value);
  if (value instanceof ArrayBuffer) return { buffer: hex(value) };
  if (ArrayBuffer.isView(value)) return { [value.constructor.name]: hex(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength)) };
  if (value instanceof Blob) return { blob: value.size };
  if (value instanceof Error) return failure(value);
  if (value instanceof Event) return eventOf(value);
  if (value instanceof Date) return '(a time)';
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.keys(value).map((name) => [name, plain(value[name])]));
}

const EVENT_FIELDS = ['type', 'data', 'lastEventId', 'origin', 'code', 'reason', 'wasClean', 'message', 'isTrusted'];

function eventOf(event) {
  const seen = { class: event.constructor.name };
  for (const field of EVENT_FIELDS) if (event[field] !== undefined) seen[field] = plain(event[field]);
  return seen;
}

/**
 * Makes the page's scenarios runnable, a step at a time. A scenario is { make, connect, go }: `make`
 * makes the client object, `connect` goes as far as a quiet connection, `go` does the rest.
 */
export function stage(scenarios) {
  const transcript = new Transcript();
  let kept;
  window.perform = async (name, step) => {
    const scenario = scenarios[name];
    const timer = setTimeout(() => failed(new Error(`${name}, ${step}: ${JSON.stringify(transcript.channels)}`)), 2 * PATIENCE);
    let failed;
    const gaveUp = new Promise((_, reject) => (failed = reject));
    const made = await Promise.race([gaveUp, scenario[step](transcript, kept)]);
    clearTimeout(timer);
    if (step === 'make') kept = made;
  };
  window.transcript = () => ({ ...transcript.channels, order: transcript.order });
}
