// The bytes of answers: a turn of an assistant as each pipe carries it, byte by byte, head included.

import { createHash } from 'node:crypto';

export const CLOSE = 8;

/** A message of one text, as the records of the Messages API. */
export const message = (...pieces) => [
  { type: 'message_start', message: { id: 'm1', model: 'm' } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ...pieces.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
  { type: 'content_block_stop', index: 0 },
  { type: 'message_stop' },
].map((record) => JSON.stringify(record));

/** The head of a response, of lines; `type` is its media type. */
export function head(type = 'text/event-stream', lines = []) {
  return Buffer.from([
    'HTTP/1.1 200 OK',
    'access-control-allow-origin: *',
    `content-type: ${type}`,
    ...lines,
    '\r\n',
  ].join('\r\n'), 'latin1');
}

/** The answer to a socket's handshake. */
export function handshake(request) {
  const [, key] = /sec-websocket-key: (\S+)/i.exec(request) ?? [];
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`);
}

/** A frame of a socket, whole; `first` is its first byte: FIN, reserved bits, opcode. */
export function frame(payload, first = 0x81) {
  const bytes = Buffer.from(payload);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  if (bytes.length < 65_536) return Buffer.concat([Buffer.from([first, ...length]), bytes]);
  const long = Buffer.alloc(10);
  long.writeUInt16BE((first << 8) | 127);
  long.writeBigUInt64BE(BigInt(bytes.length), 2);
  return Buffer.concat([long, bytes]);
}

/** What comes on a socket, each short and in a frame of its own: opcode and text, of a closing frame its code. */
export async function* frames(socket) {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1] & 127)) {
      const end = 6 + (bytes[1] & 127);
      const mask = bytes.subarray(2, 6);
      const payload = bytes.subarray(6, end).map((byte, at) => byte ^ mask[at & 3]);
      const opcode = bytes[0] & 15;
      yield { opcode, text: String(payload), code: opcode === CLOSE ? payload.readUInt16BE() : 0 };
      bytes = bytes.subarray(end);
    }
  }
}

/** A closing frame. */
export const closing = (code) => frame([code >> 8, code & 255], 0x80 | CLOSE);

const row = (record, at) => `{"type":"stream_event","uuid":"r${at}","session_id":"s1","event":${record}}`;

// How each pipe carries a record of that number.
const CARRIED = {
  http: (record) => Buffer.from(`data: ${record}\n\n`),
  es: (record, at) => Buffer.from(
    `id: ${at}\nevent: client_event\ndata: {"event_id":"e${at}","sequence_num":"${at}","event_type":"stream_event","source":"worker","payload":${row(record, at)}}\n\n`),
  ws: (record, at) => frame(row(record, at) + '\n'),
};
CARRIED.fetch = CARRIED.xhr = CARRIED.http;

/** What a page has for certain: a pipe carries these records, one by one. */
export const carried = (pipe, records) => records.map((record, at) => CARRIED[pipe](record, at + 1));

/** An answer of these bytes behind a head: what a line is given as a wire. */
export function answer(pipe, body, { type, lines, announced = true } = {}) {
  if (pipe === 'ws') return (request) => Buffer.concat([handshake(request), body]);
  return Buffer.concat([head(type, [...(announced ? [`content-length: ${body.length}`] : []), ...(lines ?? [])]), body]);
}

/** A whole turn of these records as that pipe carries it: its `wire`, and where on it each of them begins, and the last ends. */
export function turn(pipe, records) {
  const pieces = carried(pipe, records);
  const body = Buffer.concat(pipe === 'ws' ? [...pieces, closing(1000)] : pieces);
  const wire = answer(pipe, body);
  const begins = [(typeof wire === 'function' ? wire('') : wire).length - body.length];
  for (const { length } of pieces) begins.push(begins.at(-1) + length);
  return { wire, begins };
}
