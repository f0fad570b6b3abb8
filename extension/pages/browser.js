// The browser's interface: both browsers have it under this name, with promises.

export const browser = globalThis.chrome;
