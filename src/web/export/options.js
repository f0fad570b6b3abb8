// What export() is told, checked where it is given.

const FORMATS = ['otlp', 'otlp-json', 'hooks', 'ndjson'];
const NAMES = ['genai-1.41', 'genai-dev'];
const SIGNALS = ['traces', 'logs', 'metrics'];
const CLASSES = ['prompts', 'answers', 'thinking', 'toolInputs', 'toolResults'];
const ROUTES = ['auto', 'direct', 'relay'];
const KNOWN = [
  'to', 'format', 'names', 'signals', 'include', 'events', 'caps', 'resource', 'redact', 'headers', 'route', 'dryRun', 'keepalive', 'limits',
];

/** Rows, bytes and days that may wait on this origin, for all exports together. */
export const LIMITS = { rows: 50_000, bytes: 50 << 20, days: 7 };
const CAPS = { attribute: 4096, content: 60_000 };
// Ours to set.
const OWN_HEADERS = ['content-type', 'content-encoding', 'content-length'];

/** `given`, complete; or a TypeError that names what is wrong. `base`: what a relative address is relative to. */
export function checked(given, base) {
  if (!isObject(given)) refuse('the options of export()', given, 'an object');
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) throw new TypeError(`there is no option ${name} of export(), but ${KNOWN.join(', ')}`);
  }
  const format = oneOf('format', given.format ?? 'otlp', FORMATS);
  const options = {
    to: address(given.to, base),
    format,
    names: oneOf('names', given.names ?? 'genai-1.41', NAMES),
    signals: listOf('signals', given.signals ?? ['traces', 'logs'], SIGNALS),
    include: listOf('include', given.include ?? [], CLASSES),
    events: given.events ?? null,
    caps: numbers('caps', given.caps, CAPS, [16, 16 << 20]),
    resource: resource(given.resource),
    redact: rules(given.redact ?? []),
    headers: headers(given.headers ?? {}),
    route: oneOf('route', given.route ?? 'auto', ROUTES),
    dryRun: given.dryRun ?? false,
    keepalive: given.keepalive ?? true,
    limits: numbers('limits', given.limits, LIMITS, [1, 0x7fffffff]),
  };
  const { events, dryRun, keepalive } = options;
  if (!options.signals.length) throw new TypeError('signals must not be empty: nothing would be sent');
  if (events !== null && !(Array.isArray(events) && events.every((name) => typeof name === 'string'))) {
    refuse('events', events, 'a list of names');
  }
  if (typeof dryRun !== 'boolean' && typeof dryRun !== 'function') refuse('dryRun', dryRun, 'true, false or a function');
  if (typeof keepalive !== 'boolean') refuse('keepalive', keepalive, 'true or false');
  return options;
}

/** The numbers of the signals that are sent; of what is no OpenTelemetry's, that of an event (src/export/items.rs). */
export function signalsOf({ format, signals }) {
  return format.startsWith('otlp') ? signals.map((name) => SIGNALS.indexOf(name) + 1) : [4];
}

/** Where a signal goes. For OTLP `to` is a base, or the address of one signal. */
export function endpoint({ to, format }, signal) {
  if (!format.startsWith('otlp')) return to;
  const name = SIGNALS[signal - 1];
  const url = new URL(to);
  const last = /\/v1\/(traces|logs|metrics)\/?$/.exec(url.pathname);
  if (last?.[1] === name) return to;
  url.pathname = `${(last ? url.pathname.slice(0, last.index) : url.pathname).replace(/\/$/, '')}/v1/${name}`;
  return url.href;
}

function address(to, base) {
  if (typeof to !== 'string' && Object.prototype.toString.call(to) !== '[object URL]') refuse('to', to, 'an address');
  let url;
  try {
    url = new URL(String(to), base);
  } catch {
    refuse('to', to, 'an address');
  }
  if (!/^https?:$/.test(url.protocol)) refuse('to', String(to), 'an address that begins with http:// or https://');
  // A browser refuses to fetch it; and it would stand in the log.
  if (url.username || url.password) throw new TypeError('to must have no user name or password: use headers');
  url.hash = '';
  return url.href;
}

function resource(given = {}) {
  if (!isObject(given)) refuse('resource', given, 'an object');
  for (const [name, value] of Object.entries(given)) {
    const plain = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
    if (!plain) refuse(`resource['${name}']`, value, 'a text, a number, true or false');
  }
  return { 'service.name': 'pagetap', ...given };
}

function rules(given) {
  if (!Array.isArray(given)) refuse('redact', given, 'a list of rules');
  return given.map((rule, at) => {
    const name = `redact[${at}]`;
    const isPattern = Object.prototype.toString.call(rule) === '[object RegExp]';
    if (!isPattern && !isObject(rule)) refuse(name, rule, 'a RegExp or { pattern, flags, with }');
    const { pattern, flags = '', with: by = '[redacted]' } = isPattern ? { pattern: rule.source, flags: rule.flags } : rule;
    if (typeof pattern !== 'string') refuse(`${name}.pattern`, pattern, 'the text of a pattern');
    if (typeof flags !== 'string') refuse(`${name}.flags`, flags, 'a text');
    if (typeof by !== 'string') refuse(`${name}.with`, by, 'a text');
    let made;
    try {
      made = new RegExp(pattern, flags.replace(/[gy]/g, ''));
    } catch (error) {
      throw new TypeError(`${name} is no pattern: ${error.message}`);
    }
    // It would put its text between any two letters.
    if (made.test('')) throw new TypeError(`${name} matches nothing at all, which is everywhere`);
    return { pattern, flags, with: by };
  });
}

function headers(given) {
  if (!isObject(given)) refuse('headers', given, 'an object');
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') refuse(`headers['${name}']`, value, 'a text');
    if (OWN_HEADERS.includes(name.toLowerCase())) throw new TypeError(`headers['${name}'] is set by the format`);
    try {
      new Headers({ [name]: value });
    } catch {
      throw new TypeError(`headers['${name}'] is no header`);
    }
  }
  return { ...given };
}

function oneOf(name, value, known) {
  if (!known.includes(value)) refuse(name, value, known.map((one) => `'${one}'`).join(', '));
  return value;
}

function listOf(name, value, known) {
  const list = Array.isArray(value) && value.every((one) => known.includes(one));
  if (!list) refuse(name, value, `a list of ${known.map((one) => `'${one}'`).join(', ')}`);
  return [...value];
}

function numbers(name, given = {}, defaults, [least, largest]) {
  if (!isObject(given)) refuse(name, given, 'an object');
  for (const [key, value] of Object.entries(given)) {
    if (!(key in defaults)) throw new TypeError(`there is no ${name}.${key}, but ${Object.keys(defaults).join(', ')}`);
    if (!(Number.isInteger(value) && value >= least && value <= largest)) {
      refuse(`${name}.${key}`, value, `a whole number from ${least} to ${largest}`);
    }
  }
  return { ...defaults, ...given };
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function refuse(name, value, wanted) {
  let given = value === null ? 'null' : Array.isArray(value) ? `[${value.map(String)}]` : typeof value;
  if (given === 'string') given = `'${value}'`;
  if (given === 'number') given = String(value);
  throw new TypeError(`${name} must be ${wanted}, not ${given}`);
}
