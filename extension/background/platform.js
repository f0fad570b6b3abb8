// The platform, as exports of the background use it. What is sent goes to the address that the person wrote, and
// to no other that it names: with it would go the headers, which are for that address alone.

import { platform as given } from '../../src/web/export/platform.js';

// A request that only asks whether somebody is there carries nothing, and may be followed only.
const redirect = ({ mode }) => (mode === 'no-cors' ? 'follow' : 'manual');

export const platform = { ...given, send: (url, init) => given.send(url, { ...init, redirect: redirect(init) }) };
