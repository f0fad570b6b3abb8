// The browser's interface: Firefox has it as promises under this name, Chromium under the other.

export const browser = globalThis.browser ?? globalThis.chrome;
