// The encoder's module: there only once somebody has asked for it.

const FILE = 'pagetap-export.wasm';

let compiling;

async function compile() {
  const response = await fetch(chrome.runtime.getURL(FILE));
  return WebAssembly.compile(await response.arrayBuffer());
}

/** The exports of an instance of its own. */
export async function loadExporter() {
  compiling ??= compile();
  // What went wrong once may go well the next time.
  compiling.catch(() => (compiling = undefined));
  return (await WebAssembly.instantiate(await compiling)).exports;
}
