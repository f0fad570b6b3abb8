// Everything that grants access on the wires there are, made up, in the shape it has there; and how to
// find it again, or a piece of it.

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

// Nothing that could be met by chance; the same in every run.
function noise(seed, length) {
  let state = seed;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += LETTERS[(state >>> 16) % LETTERS.length];
  }
  return text;
}

// What tells of itself by its beginning may keep that.
const SHAPES = {
  bearer: ['', 40],
  cookie: ['sk-ant-sid01-', 48],
  apiKey: ['sk-ant-api03-', 60],
  oauthToken: ['sk-ant-oat01-', 60],
  plainToken: ['', 36],
  keyInResult: ['sk-ant-api03-', 60],
  googleKey: ['AIza', 35],
  workerJwt: ['eyJhbGciOiJIUzI1NiJ9.', 60],
  mcpSession: ['', 36],
  ideToken: ['', 36],
  creditToken: ['', 44],
  oauthCode: ['', 43],
  accessToken: ['', 40],
  urlToken: ['', 40],
  password: ['', 24],
};

const parts = Object.entries(SHAPES).map(([name, [start, length]], index) => [name, start, noise(index + 1, length)]);

/** Name to secret. */
export const SECRETS = Object.fromEntries(parts.map(([name, start, rest]) => [name, start + rest]));

const WINDOW = 10;
const PIECES = parts.flatMap(([name, , rest]) =>
  Array.from({ length: rest.length - WINDOW + 1 }, (_, at) => [rest.slice(at, at + WINDOW), name]));

/** The secrets of which a piece, ten characters or more, is in `text`: with what stands around it. */
export function leaksIn(text) {
  const found = {};
  for (const [piece, name] of PIECES) {
    if (found[name]) continue;
    const at = text.indexOf(piece);
    if (at >= 0) found[name] = text.slice(Math.max(0, at - 120), at + 80);
  }
  return found;
}

const { bearer, cookie, password, apiKey, oauthToken, plainToken, keyInResult, googleKey, workerJwt, mcpSession, ideToken, creditToken, oauthCode, accessToken, urlToken } = SECRETS;

/** A tool's result in which somebody's keys got. */
export const RESULT = `visible-result https://maps.example/?key=${googleKey} said no, ${keyInResult} said yes`;

/** Request headers. */
export const HEADERS = {
  authorization: `Bearer ${bearer}`,
  'x-api-key': apiKey,
  'mcp-session-id': mcpSession,
  'x-claude-code-ide-authorization': ideToken,
  'anthropic-beta': 'visible-header',
};

// JSON as a field of a form, and with quotes as some write those of JSON inside JSON.
const inForm = (value) => encodeURIComponent(JSON.stringify(value));
const byNumber = (text) => text.replaceAll('"', String.raw`\u0022`);

/** For the query of an address; names are also escaped. */
export const QUERY = `access_token=${accessToken}&visible=query&token=${urlToken}&code=${oauthCode}`
  + `&acc%65ss%5Ftoken=${accessToken}&%74oken=${urlToken}&client_secret=${plainToken}&form=${inForm({ token: plainToken })}`;

const LOGIN = `https://login.example/authorize?code=${oauthCode}&state=visible-state`;

/** JSON objects with a secret in each place where one can stand. */
const OBJECTS = [
  { type: 'auth', credential: { type: 'oauth', token: oauthToken } },
  { type: 'visible-plain', api_base_url: 'https://a.example', expires_in: 1, worker_epoch: 2, worker_jwt: workerJwt },
  { type: 'connection_established', data: { session_id: 'session_1', oauth_enabled: true, oauth_login_url: LOGIN } },
  { type: 'oauth_login_url', data: { url: LOGIN } },
  { type: 'oauth_success', data: { access_token: accessToken, refresh_token: plainToken } },
  { pid: 1, ideName: 'visible', transport: 'ws', authToken: ideToken },
  { type: 'visible-headers', headers: { ...HEADERS, cookie: `a=b; sessionKey=${cookie}` } },
  { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: RESULT }], isError: true } },
  { jsonrpc: '2.0', id: 2, result: { content: [{ type: 'text', text: JSON.stringify({ token: plainToken, text: RESULT, deep: JSON.stringify({ worker_jwt: workerJwt }) }) }] } },
  { type: 'user', message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: RESULT }] }, uuid: 'u1', session_id: 's' },
  ...inside({ type: 'visible-lists', cookie: [`sid=${cookie}`, `b=${plainToken}`], headers: { authorization: [`Basic ${bearer}`] } }),
  ...inside({ type: 'visible-objects', token: { type: 'oauth', deep: [{ key: plainToken }] }, cookies: [{ name: 'sid', value: bearer }] }),
  ...inside({ type: 'visible-pairs', headers: Object.entries(HEADERS), flat: Object.entries(HEADERS).flat() }),
  ...inside({ type: 'visible-named', headers: Object.entries(HEADERS).map(([name, value]) => ({ name, value })) }),
  ...inside({ type: 'visible-addresses', to: `https://user:${password}@a.example/#access_token=${accessToken}`, html: `<a href="/?a=b&amp;token=${urlToken}">` }),
  { type: 'visible-form', form: `grant_type=visible&client_secret=${plainToken}&password=${password}` },
];

// An object, and the same as text in it, as a tool's result has it.
function inside(object) {
  const text = JSON.stringify(object);
  return [object, { type: 'visible-inside', content: [{ type: 'text', text }, { type: 'text', text: JSON.stringify({ text }) }] }];
}

// What a parser reads as the same, escaped as other writers do it: PHP slashes, .NET quotes, Gson `=`.
const half = (secret, between) => secret.slice(0, -14) + between + secret.slice(-14);
const ESCAPED = [
  String.raw`{"type":"visible-escapes","author\u0069zation":"Bearer ${half(bearer, String.raw`\/`)}","x-api-k\u0065y":["${apiKey}"]}`,
  String.raw`{"type":"visible-slashes","url":"https:\/\/user:${password}@a.example\/?access_token=${half(accessToken, String.raw`\/`)}\u0026token\u003d${half(urlToken, String.raw`\u002b`)}"}`,
  `{"type":"visible-numbers","text":"${byNumber(JSON.stringify({ token: plainToken, cookie: [plainToken], visible: 'yes' }))}"}`,
];

/** The JSON texts of all of these. */
export const LINES = [...OBJECTS.map((object) => JSON.stringify(object)), ...ESCAPED];

/** A body in parts, as text. */
export const PARTS = `--b\r\nContent-Disposition: form-data; name="visible"\r\n\r\nvisible-part\r\n`
  + `--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n${plainToken}\r\n--b--\r\n`;

/** An answer of the Messages API that says all it knows. */
export const ANSWER = [
  { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: {} } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: `visible-text ${RESULT}` } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'toolu_1', name: 'fetch', input: {} } },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: JSON.stringify({ url: `https://a.example/?${QUERY}`, headers: HEADERS }) } },
  { type: 'content_block_stop', index: 1 },
  { type: 'content_block_start', index: 2, content_block: { type: 'mcp_tool_result', tool_use_id: 'toolu_1', is_error: true, content: [{ type: 'text', text: RESULT }] } },
  { type: 'content_block_stop', index: 2 },
  { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details: { type: 'refusal', category: null, explanation: 'visible', fallback_credit_token: creditToken } }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
];
