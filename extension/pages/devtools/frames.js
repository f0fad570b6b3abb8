// The frames of a chosen row: where they stand in their stream, and their exact bytes.

import { element } from '../../../www/dom/element.js';
import { placeOf } from '../list.js';
import { bytes, number, say } from '../words.js';

const MOST = 200; // frames of one row that are shown

export function startFrames({ raw, place, about }) {
  let marked = [];

  function clear() {
    for (const node of marked) node.classList.remove('marked');
    marked = [];
    place.replaceChildren();
    about.textContent = say('framesNone');
  }

  function show(frames, sentence) {
    place.replaceChildren(...frames.slice(-MOST).map(frameNode));
    about.textContent = sentence;
    for (const frame of frames) {
      const node = raw.node(frame);
      if (!node || marked.includes(node)) continue;
      node.classList.add('marked');
      marked.push(node);
    }
    marked.at(-1)?.scrollIntoView({ block: 'center' });
  }

  return {
    clear,
    /** The frames that these hook events were read from, all of one row. */
    showHook(hooks, node) {
      clear();
      node.classList.add('marked');
      const places = new Set(hooks.map((hook) => placeOf(hook, hook.raw)));
      const linked = hooks.some((hook) => hook.raw);
      // Of a prompt, it is the request.
      const is = linked
        ? (event) => event.seq !== undefined && places.has(placeOf(event, event))
        : (event) => event.kind === 'request' && hooks.some((hook) => hook.frame === event.frame && hook.streamId === event.streamId);
      const frames = raw.kept().filter(is);
      const sentence = frames.length > 0 ? say('framesOf', hooks[0].type, number(frames.length)) : say('framesMissing', hooks[0].type);
      show(frames, sentence);
      marked.push(node);
    },
    showRaw(events) {
      clear();
      show(events, say('framesOf', events[0].event || events[0].kind, number(events.length)));
    },
  };
}

function frameNode(event) {
  const { text, hex } = readBytes(event);
  const where = [
    say('frameStream', event.streamId),
    event.seq !== undefined && say('frameNumber', number(event.seq)),
    event.offset !== undefined && say('frameOffset', number(event.offset)),
    event.length !== undefined && bytes(event.length),
    hex && say('frameBinary'),
  ].filter(Boolean);
  return element('li', {}, element('p', { class: 'muted' }, where.join(' · ')),
    element('pre', { tabindex: '0', 'aria-label': say('frameBytes') }, text));
}

/** The bytes as text if they are text, else as hexadecimal; of what has none, the event. */
function readBytes(event) {
  if (typeof event.bytes !== 'string') return { text: JSON.stringify(event, null, 2), hex: false };
  let read;
  try {
    read = Uint8Array.from(atob(event.bytes), (letter) => letter.charCodeAt(0));
  } catch {
    return { text: event.bytes, hex: false };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(read), hex: false };
  } catch {
    return { text: [...read].map((byte) => byte.toString(16).padStart(2, '0')).join(' '), hex: true };
  }
}
