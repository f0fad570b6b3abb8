// Rows into requests: the body by the encoder of their configuration, the address and the headers of the
// destination.

import { Encoder } from './encoder.js';
import { endpoint } from './options.js';

// `most`: items in one request. Claude Code posts each hook by itself. A batch of lines is as large as a
// beacon may be, which is what simple collectors are ready for.
const FORMATS = {
  otlp: { type: 'application/x-protobuf', gzip: true },
  'otlp-json': { type: 'application/json', gzip: true },
  hooks: { type: 'application/json', most: { items: 1 } },
  ndjson: { type: 'application/x-ndjson', most: { bytes: 60 << 10 } },
};

export const mostOf = (format, most) => ({ ...most, ...FORMATS[format].most });

/** `exports`: of the encoder's module. The answer makes a request of a queue's configuration and its items. */
export function requestMaker({ options, exports, instance }) {
  const { format, headers } = options;
  const { type, gzip } = FORMATS[format];
  let encoder = null;
  let configured = null;

  // One for all: an envelope needs no memory of those before.
  function encoderOf(config) {
    if (configured === config) return encoder;
    const given = { instance, ...JSON.parse(config) };
    if (encoder) encoder.configure(given);
    else encoder = new Encoder(exports, given);
    configured = config;
    return encoder;
  }

  return (config, signal, items) => {
    const encoder = encoderOf(config);
    const plain = encoder.body(signal, items);
    return {
      url: endpoint(options, signal),
      method: 'POST',
      headers: { ...headers, 'content-type': type, ...(gzip && { 'content-encoding': 'gzip' }) },
      body: gzip ? encoder.gzip(plain) : plain,
      plain,
      count: items.length,
    };
  };
}

/** A request as a person can look at it. */
export const shown = ({ url, method, headers, body, plain, count }) => ({
  url, method, headers, body, count, text: /json/.test(headers['content-type']) ? new TextDecoder().decode(plain) : null,
});
