// Which requests are worth a look. The addresses come from the dialects' tables
// (see src/dialect/endpoint.rs for the pattern syntax), so that the decision can
// be made before the core is there. A shell that brings it at once asks it instead.

import endpoints from 'pagetap-endpoints';

const escape = (text) => text.replace(/[.+?^$()[\]|\\]/g, '\\$&');

// `needs`: what headers must hold, `[name, part]` each.
export function patternOf(method, path, needs) {
  const source = path.split('/').map((segment) => {
    if (segment === '**') return '.*';
    if (segment.endsWith('*')) return escape(segment.slice(0, -1)) + '[^/]+';
    return escape(segment);
  });
  return { method, path: new RegExp('^' + source.join('/') + '$'), needs };
}

const patterns = endpoints.map(([method, path, ...needs]) =>
  patternOf(method, path, needs.map((need) => need.split(/: /))));

// What must do until the core is there, which knows what is secret: text without what
// may be one in its addresses.
export function covered(text) {
  return text.replace(/[?#]\S+/g, '?***').replace(/\/\/[^/?#\s]*@/g, '//');
}

const SUBPROTOCOL = 'sec-websocket-protocol';

// The headers that decide, of what a sink is told (see `wants`). A socket's subprotocol
// counts among them, where HTTP has it, if a dialect knows it: others may bear a token.
export function headersOf({ headers = '', protocol } = {}) {
  const known = patterns.some(({ needs }) => needs.some(([name, part]) => name === SUBPROTOCOL && part === protocol));
  return known ? `${headers}${SUBPROTOCOL}: ${protocol}\n` : headers;
}

// Whether one line of `headers` is `name` with that part in its value.
function holds(headers, [name, part]) {
  return headers.split('\n').some((line) => line.startsWith(name + ':') && line.includes(part, name.length));
}

// An empty method is one that is not known: only the response was seen.
//
// `match`: 'dialects' (the default), 'all', a RegExp over the URL, or a function
// of URL and method (whose failure is a no, and reported). `added`: patterns that
// count like the dialects' own, as they are at the time.
export function matcher(match = 'dialects', report, added = []) {
  if (match === 'all') return () => true;
  if (typeof match === 'function') {
    return (url, method) => {
      try {
        return !!match(url, method);
      } catch (error) {
        report('match_failed', error?.message || error);
        return false;
      }
    };
  }
  if (match !== 'dialects') {
    // Without the flags that make `test` remember where it was.
    const pattern = new RegExp(match.source ?? match, match.flags?.replace(/[gy]/g, ''));
    return (url) => pattern.test(url);
  }
  return (url, method, headers = '') => {
    const path = url.replace(/^[a-z]+:\/\/[^/?#]*|[?#].*$/gi, '');
    const fits = (known) => (!method || known.method === method)
      && known.path.test(path) && known.needs.every((need) => holds(headers, need));
    return patterns.some(fits) || added.some(fits);
  };
}
