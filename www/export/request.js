// A request that would have been sent, all of it: address, headers, body.

import { element } from '../dom/element.js';

export function request({ url, method, headers, body, text }) {
  const size = `${body.length.toLocaleString('en')} bytes`;
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join('\n');
  return element('li', {}, element('details', {},
    element('summary', {}, `${method} ${new URL(url).pathname}  ${size}`),
    element('pre', {}, `${method} ${url}\n${head}\n\n${text ?? `(${size} that are no text: OTLP as JSON can be read)`}`)));
}
