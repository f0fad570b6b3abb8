// The core's memory, from JavaScript: text and bytes in, one batch of records
// out. `exports` are those of the WebAssembly module or of whatever stands in
// for it; nothing here can tell them apart.

const encoder = new TextEncoder();
// A leading U+FEFF belongs to the text here.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

// As src/exchange.rs has them.
const TRANSPORTS = ['fetch', 'xhr', 'beacon', 'ws', 'es'];
const ENDINGS = ['done', 'cancelled', 'aborted', 'failed', 'unobserved'];

export class Core {
  constructor(exports, limits = {}) {
    this.exports = exports;
    this.core = exports.create(
      limits.bytesPerStream | 0, limits.openStreams | 0, limits.textPerBlock | 0);
    const lists = this.output(this.tell('vocabulary')).split(';');
    [this.rawKinds, this.hookNames, this.noticeCodes, this.fields] =
      lists.map((list) => list.split(',').slice(0, -1));
  }

  tell(name, ...given) {
    return this.exports[name](this.core, ...given);
  }

  listen(raw, hooks) {
    this.tell('listen', +raw, +hooks);
  }

  wants(url, method) {
    return !!this.tell('wants', this.input(url, method));
  }

  covered(text) {
    const length = this.input(text);
    this.tell('cover');
    return this.output(length);
  }

  open(id, { transport = 'fetch', url, method, headers = '' }, ts) {
    const bytes = encoder.encode(method);
    const length = this.input(url, method + headers);
    const number = TRANSPORTS.indexOf(transport);
    return !!this.tell('open', id, number, length, bytes.length, ts);
  }

  // `body` is text or bytes; null for one that cannot be read.
  request(id, body, ts) {
    if (body !== null) this.input(body);
    this.tell('request', id, +(body !== null), ts);
  }

  response(id, status, contentType, retryAfter, ts) {
    const length = this.input(contentType, retryAfter);
    this.tell('response', id, status, length, ts);
  }

  chunk(id, bytes, ts) {
    if (!bytes.length || !this.write(id, false, bytes)) return;
    this.tell('commit', id, bytes.length, ts);
  }

  end(id, how, detail, code, ts) {
    this.input(detail);
    this.tell('end', id, ENDINGS.indexOf(how), code, ts);
  }

  // Whether the stream took the bytes.
  write(id, out, bytes) {
    const address = this.tell('reserve', id, +out, bytes.length) >>> 0;
    if (address) this.view().set(bytes, address);
    return address > 0;
  }

  // Reads what came in and hands the records to `reader(table, text, memory)`,
  // all of them valid only until it returns.
  read(reader) {
    this.tell('read');
    const length = this.tell('table_length');
    if (length) {
      const text = this.decode(this.tell('text'), this.tell('text_length'));
      // A listener may call the core, whose memory then grows: a copy, and a look each time.
      const table = new Uint32Array(this.exports.memory.buffer, this.tell('table') >>> 0, length).slice();
      reader(table, text, () => this.view());
    }
    this.tell('clear');
  }

  view() {
    // Growing memory detaches the buffer before.
    const { buffer } = this.exports.memory;
    if (!this.bytes || this.bytes.buffer !== buffer) this.bytes = new Uint8Array(buffer);
    return this.bytes;
  }

  decode(address, length) {
    address >>>= 0;
    return decoder.decode(this.view().subarray(address, address + length));
  }

  // The text that came out, of so many bytes.
  output(length) {
    return this.decode(this.tell('output'), length);
  }

  // Writes one or two texts into the core's input; the length of the first.
  input(first, second = '') {
    const bytes = typeof first === 'string' ? encoder.encode(first) : first;
    const more = encoder.encode(second);
    const address = this.tell('input', bytes.length + more.length) >>> 0;
    const memory = this.view();
    memory.set(bytes, address);
    memory.set(more, address + bytes.length);
    return bytes.length;
  }
}
