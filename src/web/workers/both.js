// What both ends of the line to a worker need.

/** What the page's side says first. */
export const GREETING = 'pagetap';

/** A list of one for a native that takes a sequence: without Array.prototype[@@iterator], which is the page's. */
export const only = (value) => ({
  [Symbol.iterator]: () => {
    let over = false;
    return {
      next: () => {
        const done = over;
        over = true;
        return { done, value: done ? undefined : value };
      },
    };
  },
});
