// One POST, and what its answer means for the rows in it.

/** How long an answer may take. */
export const TIMEOUT_MS = 10_000;
/** A collector may ask for more patience than ours, up to this. */
const RETRY_AFTER_MOST_MS = 300_000;
/** What is shown of an answer's own words. */
const WORDS = 300;

const LATER = new Set([408, 429, 502, 503, 504]);
// Of these it is the address, the method or the headers that are no good: no other batch would be taken.
const DENIED = new Set([401, 402, 403, 404, 405, 406, 407, 410, 415, 421, 451]);

/**
 * Posts `{ url, headers, body }` by `send` (see platform.js and relay.js) and resolves with the outcome,
 * never rejects:
 *
 *   accepted     it has them; `rejected` of them it will never take (OTLP's partial success), `message` says why
 *   later        not now; `after` ms, if it said so
 *   failed       its own failure: another time, or never
 *   too_large    fewer at a time
 *   refused      something in them is no good
 *   denied       nothing of this will be taken, whatever is in it
 *   unreachable  no answer
 */
export async function post(request, { send, now, timer, Abort = AbortController, keepalive = false }) {
  const abort = new Abort();
  const late = timer.set(() => abort.abort(), TIMEOUT_MS);
  try {
    const answer = await send(request.url, {
      method: 'POST', headers: request.headers, body: request.body, keepalive, signal: abort.signal,
    });
    return await meaning(answer, now);
  } catch (error) {
    const why = abort.signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : String(error?.message ?? error);
    return { kind: 'unreachable', status: null, error: why };
  } finally {
    timer.clear(late);
  }
}

async function meaning(answer, now) {
  const { status } = answer;
  // The status is the answer; a body that is cut changes nothing.
  const bytes = new Uint8Array(await answer.bytes().catch(() => new ArrayBuffer(0)));
  if (status >= 200 && status < 300) {
    return { kind: 'accepted', status, error: null, ...partialSuccess(bytes, answer.header('content-type') ?? '') };
  }
  // Of an answer that is not followed no more is told.
  if (status === 0) return { kind: 'denied', status: null, error: 'it redirects to another address, which is not followed: write that one' };
  const error = `HTTP ${status} ${textOf(bytes)}`.trim();
  if (LATER.has(status)) {
    return { kind: 'later', status, error, after: retryAfter(answer.header('retry-after'), now()) };
  }
  if (status === 413) return { kind: 'too_large', status, error };
  if (DENIED.has(status)) return { kind: 'denied', status, error };
  if (status >= 400 && status < 500) return { kind: 'refused', status, error };
  return { kind: 'failed', status, error };
}

/** Seconds or a date, as milliseconds from now; 0 for none. A page sees it only if the collector exposes it. */
export function retryAfter(value, now) {
  if (!value) return 0;
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MOST_MS) : 0;
}

// OTLP's answer: JSON or protobuf, and seen in the wild: nothing, `{}`, `{"partialSuccess":null}`, others.
function partialSuccess(bytes, type) {
  try {
    return /json/i.test(type) ? fromJson(JSON.parse(textOf(bytes, Infinity))) : fromProtobuf(bytes);
  } catch {
    return { rejected: 0, message: '' };
  }
}

function fromJson({ partialSuccess: partial }) {
  const counts = ['rejectedSpans', 'rejectedLogRecords', 'rejectedDataPoints'].map((name) => Number(partial?.[name]) || 0);
  return { rejected: Math.max(...counts), message: String(partial?.errorMessage ?? '').slice(0, WORDS) };
}

// ExportXServiceResponse { partial_success = 1: { rejected_x = 1: int64, error_message = 2: string } }
function fromProtobuf(bytes) {
  const found = { rejected: 0, message: '' };
  const partial = field(bytes, 1);
  if (!partial?.length) return found;
  found.rejected = Number(field(partial, 1) ?? 0);
  const message = field(partial, 2);
  if (message?.length) found.message = textOf(message);
  return found;
}

// Field `wanted` of a message: a number (varint) or bytes. Throws where it is no message.
function field(bytes, wanted) {
  let at = 0;
  const varint = () => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      if (at >= bytes.length || factor > 2 ** 56) throw new RangeError('no varint');
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    let value;
    if (kind === 0) value = varint();
    else if (kind === 2) {
      const length = varint();
      value = bytes.subarray(at, at + length);
      at += length;
    } else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else throw new RangeError('no message');
    if (Math.floor(tag / 8) === wanted) return value;
  }
  return undefined;
}

const textOf = (bytes, most = WORDS) => new TextDecoder().decode(most === Infinity ? bytes : bytes.subarray(0, most));
