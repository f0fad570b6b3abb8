// navigator.sendBeacon: an upload whose answer nobody sees.

import { apply, attempt, getterOf, prototypeOf } from './natives.js';
import { finish, isWanted, open, tellBody } from './exchange.js';
import { readContent, urlOf } from './request.js';

const blobType = getterOf(prototypeOf('Blob'), 'type');

export function tapBeacon(tap) {
  // Workers and some privacy settings have none: then there is nothing to miss either.
  const { Navigator } = tap.realm;
  if (!Navigator || !Navigator.prototype.sendBeacon) return;

  tap.patch('Navigator', {
    sendBeacon(target, self, args) {
      const queued = apply(target, self, args);
      // Only then it is sent. A body that the call could consume (a stream) it refuses.
      if (queued === true) tap.guard(sent, args[0], args[1]);
      return queued;
    },
  });

  function sent(input, body) {
    const type = attempt(blobType, body);
    const call = { url: urlOf(tap.realm, input), method: 'POST', headers: type ? `content-type: ${type}\n` : '' };
    const exchange = call.url && isWanted(tap, 'beacon', call) && open(tap, 'beacon', call, false);
    if (!exchange) return;
    if (body !== undefined && body !== null) tellBody(exchange, (deliver) => readContent(body, deliver));
    finish(exchange.ticket, 'done', '');
  }
}
