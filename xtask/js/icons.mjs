// Draws an SVG as PNGs, for browsers that want an icon in pixels: node icons.mjs SVG SIZE PNG [SIZE PNG]...
//
// resvg as WebAssembly gives the same bytes on every machine. As a crate it would be forty more of them to
// compile before the first command runs.

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

const [from, ...wanted] = process.argv.slice(2);
await initWasm(readFile(fileURLToPath(import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'))));
const svg = await readFile(from, 'utf8');
for (let at = 0; at < wanted.length; at += 2) {
  const drawing = new Resvg(svg, { fitTo: { mode: 'width', value: Number(wanted[at]) } });
  await writeFile(wanted[at + 1], drawing.render().asPng());
}
