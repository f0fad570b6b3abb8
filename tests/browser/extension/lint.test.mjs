// What stores look at first.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));

test('web-ext finds nothing to complain of in the Firefox extension', async () => {
  const given = ['lint', '--no-config-discovery', '--output', 'json', '--source-dir', path('dist/extension-firefox')];
  // It fails when it finds something, and says what all the same.
  const output = await new Promise((done) => execFile(path('node_modules/.bin/web-ext'), given, (_, output) => done(output)));
  const { errors, warnings, notices } = JSON.parse(output);
  assert.deepEqual({ errors, warnings, notices }, { errors: [], warnings: [], notices: [] });
});

test('the background alone connects and compiles; pages of the extension can send nothing anywhere, nor be put into others', async () => {
  for (const browser of ['chrome', 'firefox']) {
    const { content_security_policy: { extension_pages: policy } } = JSON.parse(await readFile(path(`dist/extension-${browser}/manifest.json`), 'utf8'));
    const directives = policy.split('; ');
    // The last three do not follow the first.
    for (const name of ['default-src', 'form-action', 'base-uri', 'frame-ancestors']) assert.ok(directives.includes(`${name} 'none'`), `${browser} ${name}`);
    const own = { 'connect-src': "'self' http: https:", 'script-src': "'self' 'wasm-unsafe-eval'" };
    for (const directive of directives) {
      const [name, ...sources] = directive.split(' ');
      if (own[name]) assert.equal(sources.join(' '), own[name], browser);
      else assert.match(directive, /^\S+ ('none'|'self'( data: blob:)?)$/, browser);
    }
  }
  // The browser knows one policy for both: pages give up again what the background needs.
  const pages = (await readdir(path('extension/pages'), { recursive: true })).filter((name) => name.endsWith('.html'));
  assert.ok(pages.length > 4);
  for (const name of pages) {
    const [, policy] = /<meta http-equiv="content-security-policy" content="([^"]+)">/i.exec(await readFile(path(`extension/pages/${name}`), 'utf8')) ?? [];
    assert.match(policy ?? '', /connect-src 'none'/, name);
  }
});

test('the licence of every package whose code is bundled goes with it', async () => {
  const scripts = (await readdir(path('extension'), { recursive: true })).filter((name) => name.endsWith('.js'));
  const { metafile } = await build({
    entryPoints: scripts.map((name) => path(`extension/${name}`)),
    bundle: true,
    external: ['pagetap-*'],
    format: 'esm',
    metafile: true,
    outdir: path('target/none'),
    write: false,
  });
  const packages = new Set(Object.keys(metafile.inputs).flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []));
  const licences = await readFile(path('dist/extension-chrome/third-party.txt'), 'utf8');
  assert.ok(packages.size > 0);
  for (const name of packages) assert.match(licences, new RegExp(`^${name}\n\n(.*\n)*?.*Permission is hereby granted`, 'm'));
});
