// What the live list says besides what is on the wire. The demo says it in English; the
// extension gives its own.

export const ENGLISH = {
  payload: 'Payload',
  follow: 'Follow again',
  unseen: (count) => `${count} new, follow again`,
  pieces: (count) => `${count} pieces, together:`,
  lastPiece: 'the last one:',
  shownAbove: '(shown above)',
  fromPage: (confidence) => `Read from the page, confidence: ${confidence}`,
  origin: (confidence) => `dom, ${confidence}`,
  rendered: 'Until the page showed it',
  renderedAfter: (ms) => `shown ${ms < 0 ? '' : '+'}${ms} ms`,
};
