// Where main.js waits for core.js. A page that finds the place can only give a false core to itself.

export const CORE = Symbol.for('pagetap.core');
