// The policies that pages have, and which encoding of the core they leave to run.

export const POLICIES = {
  none: { encoding: 'wasm' },
  "script-src 'self'": { encoding: 'js' },
  "script-src 'nonce-x' 'strict-dynamic'": { encoding: 'js' },
  "script-src 'nonce-x' 'strict-dynamic' 'wasm-unsafe-eval'": { encoding: 'wasm' },
  "require-trusted-types-for 'script'; trusted-types 'none'": { encoding: 'wasm' },
  "default-src 'none'; connect-src 'self'": { encoding: 'js' },
};

export const headersOf = (policy) => (policy === 'none' ? {} : { 'content-security-policy': policy });
