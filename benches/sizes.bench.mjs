// How large what ships is: as it is, and as a server sends it.
//
// Prints one JSON object on standard output.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { QUICK } from './rounds.mjs';

const ROOT = new URL('..', import.meta.url);
// A bookmark of Firefox's.
const LONGEST_ADDRESS = 65_536;
const LARGEST_PACKAGE = 40 << 10;

const path = (name) => fileURLToPath(new URL(name, ROOT));

/** A module as whoever bundles it has it. */
async function minified(entry) {
  const { outputFiles } = await build({
    entryPoints: [path(entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    external: ['./pagetap-core.js', './pagetap-export.js', 'pagetap-version'],
    write: false,
  });
  return outputFiles[0].contents;
}

const [glue, glueOfChats] = await Promise.all(['dist/npm/index.js', 'src/web/install.js'].map(minified));
const file = (name) => readFile(path(name));

// Parts of one artefact are responses of their own.
const ARTEFACTS = {
  'what chats need: WebAssembly and glue': [await file('target/gen/small.wasm'), glueOfChats],
  'npm: WebAssembly and glue, minified': [await file('dist/npm/pagetap.wasm'), glue],
  'npm: WebAssembly': [await file('dist/npm/pagetap.wasm')],
  'npm: glue, minified': [glue],
  'npm: glue, readable as it ships': [await file('dist/npm/index.js')],
  'npm: the core as JavaScript': [await file('dist/npm/pagetap-core.js')],
  'npm: exporter, WebAssembly': [await file('dist/npm/pagetap-export.wasm')],
  'npm: exporter as JavaScript': [await file('dist/npm/pagetap-export.js')],
  'classic script': [await file('dist/pagetap.js')],
  bookmarklet: [await file('dist/bookmarklet.txt')],
  'bookmarklet, full': [await file('dist/bookmarklet-full.txt')],
  'extension: content script in the page': [await file('dist/extension-chrome/content/main.js')],
  'extension: the core where WebAssembly is refused': [await file('dist/extension-chrome/content/core.js')],
  'extension: background': [await file('dist/extension-chrome/background.js')],
};
const TARGETS = {
  bookmarklet: ['bytes', LONGEST_ADDRESS],
  'what chats need: WebAssembly and glue': ['gzip', LARGEST_PACKAGE],
  'npm: WebAssembly and glue, minified': ['gzip', LARGEST_PACKAGE],
};

const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: QUICK ? 4 : 11 } });
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

const rows = Object.entries(ARTEFACTS).map(([artefact, parts]) => {
  const size = (compressed) => sum(parts.map((part) => compressed(part).length));
  const row = { artefact, bytes: size((part) => part), gzip: size((part) => gzipSync(part, { level: 9 })), brotli: size(brotli) };
  const [what, most] = TARGETS[artefact] ?? [];
  return { ...row, target: what ? `${what}: ${most} or less` : '', met: what ? row[what] <= most : '' };
});
console.log(JSON.stringify({ name: 'sizes', about: 'bytes of what ships, and as gzip and brotli at their best', rows }));
