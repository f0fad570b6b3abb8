// Which requests are worth a look. The addresses come from the dialects' tables
// (see src/dialect/endpoint.rs for the pattern syntax), so that the decision can
// be made before the core is there.

import endpoints from 'pagetap-endpoints';

const escape = (text) => text.replace(/[.+?^$()[\]|\\]/g, '\\$&');

const patterns = endpoints.map(([method, path]) => {
  const source = path.split('/').map((segment) => {
    if (segment === '**') return '.*';
    return segment === '*' || segment[0] === '{' ? '[^/]+' : escape(segment);
  });
  return { method, path: new RegExp('^' + source.join('/') + '$') };
});

// An empty method is one that is not known: only the response was seen.
//
// `match`: 'dialects' (the default), 'all', a RegExp over the URL, or a function
// of URL and method (whose failure is a no, and reported).
export function matcher(match = 'dialects', report) {
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
  return (url, method) => {
    const path = url.replace(/^[a-z]+:\/\/[^/?#]*|[?#].*$/gi, '');
    return patterns.some((known) => (!method || known.method === method) && known.path.test(path));
  };
}
