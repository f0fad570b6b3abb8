// How the two worlds of a page meet. All they share is the document, and what is said on it the page
// can say and hear as well. But a port that goes from one to the other before the page's first script
// is known to nobody else, and what is dispatched on it is heard in both worlds at once, in the same
// call: also while the page is being left, when no message would arrive any more.

/** Said once per document, by the bridge, which comes second. Later it means nothing. */
export const MEETING = 'pagetap:meeting';

/** From the page to the bridge, and back: the detail is JSON. */
export const UP = 'up';
export const DOWN = 'down';
