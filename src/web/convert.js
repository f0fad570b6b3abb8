// Records become the objects that subscribers see: once, and only what somebody
// listens to. The layout of the table is documented in src/event.rs.

const AT = 0;
const CONTEXT = 1;
const CHUNK = 2;
const RAW = 3;
const HOOK = 4;
const RENDERED = 6;

const NULL = 0;
const BOOL = 1;
const INT = 2;
const NUMBER = 3;
const TEXT = 4;

// Of a context, what a payload has only if it is there.
const IF_KNOWN = ['turnId', 'messageId', 'agentId', 'parentToolUseId', 'replay'];

const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);

// Where a hook event comes from. The bytes are found when they are asked for, and
// stay out of the way of whoever prints the event.
class RawFrame {
  #region;

  constructor(streamId, { seq, offset, length }, region) {
    this.streamId = streamId;
    this.seq = seq;
    this.offset = offset;
    this.length = length;
    this.#region = region;
  }

  get bytes() {
    const start = this.offset - this.#region.offset;
    // A copy: the rest of the region is nobody's business.
    return this.#region.bytes.slice(start, start + this.length);
  }
}

export class Converter {
  // `names` is the core's vocabulary; `conversation(streamId)` the page's own idea of
  // a stream's conversation; `source(streamId, isFrame)` how it travelled.
  constructor(names, conversation, source) {
    this.names = names;
    this.conversation = conversation;
    this.source = source;
  }

  // Calls `raw(event)`, `hook(payload)`, `notice(payload)` and `rendered({ seq, renderedAt })` in order. If
  // nobody hears the raw layer, frames are only what hook events point back to.
  convert(table, text, memory, { raw, hook, notice, rendered }, unheard) {
    let streamId = 0;
    let ts = 0;
    let context = {};
    let region = null;
    let frame = null;
    for (let at = 0; at < table.length;) {
      const header = table[at++];
      const name = (header >> 8) & 0xff;
      const end = at + (header >>> 16) * 3;
      const record = { table, text, at, end, fields: this.names.fields };
      at = end;
      switch (header & 0xff) {
        case AT:
          ({ streamId, ts } = fill({}, record));
          frame = null;
          break;
        case CONTEXT:
          context = fill({}, record);
          break;
        case CHUNK: {
          const { address, length, offset } = fill({}, record);
          // One copy for all frames of the chunk: the core's memory is reused.
          region = { offset, bytes: memory().slice(address, address + length) };
          break;
        }
        case RAW: {
          if (unheard) {
            frame = new RawFrame(streamId, fill({}, record), region);
            break;
          }
          const kind = this.names.rawKinds[name];
          const isFrame = kind === 'frame' || kind === 'fragment';
          const event = { source: this.source(streamId, isFrame), kind, streamId, ts };
          event.direction = kind === 'open' || kind === 'request' ? 'out' : 'in';
          fill(event, record);
          // Nothing is known of a message that was not read but its size.
          if (isFrame && event.size === undefined) {
            frame = new RawFrame(streamId, event, region);
            event.bytes = frame.bytes;
          }
          // The name the original tap gave to the record's parsed data.
          if (event.data !== undefined) lazy(event, 'raw', () => parse(event.data));
          raw(event);
          break;
        }
        case HOOK: {
          const payload = {
            type: this.names.hookNames[name],
            ts,
            conversationId: context.conversationId || this.conversation(streamId),
            dialect: context.dialect,
            source: 'wire',
            streamId,
            observed: true,
          };
          for (const name of IF_KNOWN) if (context[name]) payload[name] = context[name];
          fill(payload, record);
          if (frame) payload.raw = frame;
          hook(payload);
          break;
        }
        case RENDERED:
          rendered(fill({}, record));
          break;
        default:
          notice(fill({ type: 'Notice', ts, code: this.names.noticeCodes[name], streamId }, record));
      }
    }
  }
}

// Writes a record's fields into `target`.
function fill(target, { table, text, at, end, fields }) {
  for (; at < end; at += 3) {
    const tag = table[at];
    const name = fields[tag & 0xffff];
    const a = table[at + 1];
    const b = table[at + 2];
    switch (tag >>> 16) {
      case NULL: target[name] = null; break;
      case BOOL: target[name] = a !== 0; break;
      case INT: target[name] = a; break;
      case NUMBER:
        words[0] = a;
        words[1] = b;
        target[name] = double[0];
        break;
      case TEXT: target[name] = text.substr(a, b); break;
      default: lazy(target, name, () => parse(text.substr(a, b)));
    }
  }
  return target;
}

// A property that is worked out when somebody first reads it.
function lazy(target, name, read) {
  const settle = (value) => {
    Object.defineProperty(target, name, {
      value, enumerable: true, configurable: true, writable: true,
    });
    return value;
  };
  Object.defineProperty(target, name, {
    enumerable: true, configurable: true, get: () => settle(read()), set: settle,
  });
}

// JSON where it is JSON; the text itself where it is not.
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
