// Collectors of a file, as they are taken from it.

import { bareOf } from '../collector.js';

/**
 * No file turns one on, or has more of what people write sent than they said here; and headers and the query,
 * which a file rarely has, stay with the address that they were given for. `here`: those in force.
 */
export function taken(collectors, here) {
  return collectors.map((collector) => {
    const known = here.find(({ id, to }) => id === collector.id && [to, bareOf(to)].includes(collector.to));
    const more = !known || collector.include.some((name) => !known.include.includes(name));
    const bare = Object.keys(collector.headers).length === 0;
    return { ...collector, to: known?.to ?? collector.to, on: collector.on && !more && known.on, headers: bare && known ? known.headers : collector.headers };
  });
}
