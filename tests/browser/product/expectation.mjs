// Events on paper, as tests/expectation/mod.rs writes them: one line per hook event or notice, texts
// longer than 60 characters shortened, what events share on a `context` line. Runs in Node and in the page.

const LONGEST = 60;
const KEPT = 40;

// Not fields of the record: every event has them, or its context.
const SHARED = new Set([
  'type', 'ts', 'conversationId', 'dialect', 'source', 'streamId', 'observed', 'turnId', 'messageId', 'seq', 'raw',
]);

// `source` is an event's own field where the vocabulary gives it a meaning, and stands after this one.
const SOURCE_AFTER = {
  MessageEnd: 'stopReason',
  SessionStart: '',
  UserPromptSubmit: 'prompt',
  PostModelSwitch: null, // the last
};

/** The lines of hook payloads and notices, in order. */
export function printed(events) {
  let context = '';
  let out = '';
  for (const event of events) {
    if (event.type === 'Notice') {
      out += `! ${event.code}${print(event, ['detail', 'count'])}\n`;
      continue;
    }
    const shared = {
      dialect: event.dialect,
      conversationId: event.conversationId ?? '',
      turnId: event.turnId ?? '',
      messageId: event.messageId ?? '',
    };
    const line = `context${print(shared, Object.keys(shared))}\n`;
    if (line !== context) out += line;
    context = line;
    out += `${event.type}${print(event, fieldsOf(event))}\n`;
  }
  return out;
}

function fieldsOf(event) {
  const names = Object.keys(event).filter((name) => !SHARED.has(name));
  if (event.source !== 'wire') {
    const after = SOURCE_AFTER[event.type];
    names.splice(after === null ? names.length : names.indexOf(after) + 1, 0, 'source');
  }
  return names;
}

const print = (object, names) => names.map((name) => ` ${name}=${json(object[name])}`).join('');

/** A value as the blessed texts have it. */
export function json(value) {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (value && typeof value === 'object') {
    const members = Object.keys(value).sort(byCodePoint).map((key) => `${key}:${json(value[key])}`);
    return `{${members.join(',')}}`;
  }
  return String(value);
}

function shortened(text) {
  const characters = [...text];
  if (characters.length <= LONGEST) return text;
  const hash = fnv(new TextEncoder().encode(text)).toString(16).padStart(8, '0');
  return `${characters.slice(0, KEPT).join('')}… (${characters.length} characters, ${hash})`;
}

function fnv(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

// As UTF-8 sorts, which is how the blessed texts were sorted; UTF-16 differs beyond U+FFFF.
function byCodePoint(left, right) {
  const a = [...left];
  const b = [...right];
  for (let index = 0; index < a.length && index < b.length; index++) {
    const difference = a[index].codePointAt(0) - b[index].codePointAt(0);
    if (difference) return difference;
  }
  return a.length - b.length;
}

/**
 * A blessed text as JavaScript would have written it. It differs in two things that Rust's JSON keeps
 * apart and JavaScript's does not: `1.0` is `1`, and a string with a lone surrogate is a string, also
 * inside an object.
 */
export function asJavaScript(expected) {
  return expected
    .replace(/\(unreadable ("(?:[^"\\]|\\.)*"|\{(?:"(?:[^"\\]|\\.)*"|[^"])*?\}(?=\)))\)/g, (_, raw) => json(JSON.parse(raw)))
    .replace(/"(?:[^"\\]|\\.)*"|(-?\d+)\.0(?!\d)/g, (whole, integer) => integer ?? whole);
}
