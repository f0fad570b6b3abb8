/* global WITHOUT_ROOM */
// Whether there is room for what only makes it quicker: not in the bookmarklet that every browser can keep,
// whose build says so.
export const QUICK = typeof WITHOUT_ROOM === 'undefined';
