// The exporter's memory, from JavaScript: hook events as JSON in, items out; items in, bodies out. `exports`
// are those of the WebAssembly module or of its JavaScript encoding (src/web/export.rs has their contract).

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const OPEN = 5;
export const CLOSE = 6;

export class Encoder {
  /** Throws a TypeError with the reason if the options are no good. */
  constructor(exports, options) {
    this.exports = exports;
    this.exporter = exports.create();
    this.configure(options);
  }

  /** With other options; nothing is open any more. */
  configure(options) {
    this.input(JSON.stringify(options));
    const length = this.tell('configure');
    if (length) throw new TypeError(decoder.decode(this.output(length)));
  }

  /** `{ items, opens, closes }` of a hook event (JSON), the `n`th of the instance. */
  take(json, n) {
    this.input(json);
    return this.items(this.tell('take', n));
  }

  /** The same of what is open: it ends, incomplete. */
  finish(ts) {
    return this.items(this.tell('finish', ts));
  }

  /** The body of a request with these items. */
  body(signal, items) {
    const bytes = new Uint8Array(items.reduce((sum, { bytes }) => sum + 4 + bytes.length, 0));
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const item of items) {
      view.setUint32(at, item.bytes.length, true);
      bytes.set(item.bytes, at + 4);
      at += 4 + item.bytes.length;
    }
    this.input(bytes);
    return this.output(this.tell('body', signal));
  }

  gzip(bytes) {
    this.input(bytes);
    return this.output(this.tell('gzip'));
  }

  /** It is used no more: its memory is free. */
  close() {
    this.tell('destroy');
  }

  tell(name, ...given) {
    return this.exports[name](this.exporter, ...given);
  }

  input(given) {
    const bytes = typeof given === 'string' ? encoder.encode(given) : given;
    const address = this.tell('input', bytes.length) >>> 0;
    new Uint8Array(this.exports.memory.buffer, address, bytes.length).set(bytes);
  }

  // A copy: the memory is written again by the next call.
  output(length) {
    const address = this.tell('output') >>> 0;
    return new Uint8Array(this.exports.memory.buffer, address, length).slice();
  }

  // One after the other: a signal (1 byte), an id (16), a length (4), as many bytes.
  items(length) {
    const found = { items: [], opens: [], closes: [] };
    const all = this.output(length);
    const view = new DataView(all.buffer);
    for (let at = 0; at < length;) {
      const signal = all[at];
      const size = view.getUint32(at + 17, true);
      const bytes = all.slice(at + 21, at + 21 + size);
      if (signal === OPEN) found.opens.push({ n: number(view, at + 1), bytes });
      else if (signal === CLOSE) for (let word = 0; word < size; word += 8) found.closes.push(number(view, at + 21 + word));
      else found.items.push({ signal, id: hex(all.subarray(at + 1, at + 17)), bytes });
      at += 21 + size;
    }
    return found;
  }
}

// What a page numbers fits a double.
const number = (view, at) => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
