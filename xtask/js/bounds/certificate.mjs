// A certificate for one run, which nobody is to believe: browsers speak HTTP/2 over TLS only.

import { generateKeyPairSync, sign } from 'node:crypto';

// DER: a tag, a length, what is in it.
function der(tag, ...parts) {
  const inside = Buffer.concat(parts);
  const { length: size } = inside;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), inside]);
}

const sequence = (...parts) => der(0x30, ...parts);
const integer = (...bytes) => der(0x02, Buffer.from(bytes));
const bits = (bytes) => der(0x03, Buffer.from([0]), bytes);
const time = (text) => der(0x17, Buffer.from(text));
const COMMON_NAME = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x03]);
const ECDSA_WITH_SHA256 = sequence(Buffer.from([0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

/** `{ key, cert }` as `node:tls` takes them. */
export function certificate() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('localhost')))));
  const said = sequence(
    der(0xa0, integer(2)),
    integer(1),
    ECDSA_WITH_SHA256,
    name,
    sequence(time('200101000000Z'), time('491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signed = sequence(said, ECDSA_WITH_SHA256, bits(sign('sha256', said, privateKey)));
  const lines = signed.toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
