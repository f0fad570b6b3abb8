// Every word of the extension is in _locales, in each language, and nothing else is.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT, words } from './faces.mjs';

const EXTENSION = join(ROOT, 'extension');
const files = readdirSync(EXTENSION, { recursive: true }).filter((file) => ['.js', '.mjs', '.json', '.html'].includes(extname(file)) && !file.startsWith('_locales'));
const sources = files.map((file) => [file, readFileSync(join(EXTENSION, file), 'utf8')]);
const en = await words('en');

/** Keys that are put together of a first part and what is shown. */
const FAMILIES = ['state', 'short_', 'notice_', 'family_', 'limit_', 'rule_', 'ended_', 'export_', 'drop_', 'class_', 'signal_', 'names_', 'format_', 'formatAbout_', 'header_'];

test('both languages have the same keys, with the same places in them', async () => {
  const zh = await words('zh_CN');
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const places = ({ message }) => [...new Set(message.match(/\$\d/g))].sort();
  for (const key of Object.keys(en)) {
    assert.deepEqual(places(zh[key]), places(en[key]), key);
    assert.ok(zh[key].message && en[key].message, key);
    assert.match(key, /^\w+$/);
  }
});

test('every key that is used exists', () => {
  const used = sources.flatMap(([file, text]) => [
    ...text.matchAll(/\bsay\('(\w+)'/g), ...text.matchAll(/data-say(?:-[\w-]+)?="(\w+)"/g), ...text.matchAll(/__MSG_(\w+)__/g),
    ...text.matchAll(/'(error_\w+|(?:mend|panel|reason)[A-Z]\w*)'/g),
  ].map(([, key]) => [file, key]));
  assert.ok(used.length > 100, String(used.length));
  for (const [file, key] of used) assert.ok(Object.hasOwn(en, key), `${key} in ${file}`);
});

test('every key that exists is used', () => {
  const all = sources.map(([, text]) => text).join('\n');
  const unused = Object.keys(en).filter((key) => !new RegExp(`['"]${key}['"]|__MSG_${key}__`).test(all) && !FAMILIES.some((family) => key.startsWith(family)));
  assert.deepEqual(unused, []);
});

test('no page has words of its own', () => {
  for (const [file, text] of sources.filter(([file]) => extname(file) === '.html')) {
    const body = text.replace(/>(?:pagetap|0)</g, '><').replace(/<[^>]*>/g, '').trim();
    assert.equal(body, '', file);
    assert.doesNotMatch(text, / (?:aria-label|title|placeholder)="(?!https:)/, file);
  }
});

test('no page makes markup of text', () => {
  for (const [file, text] of sources) assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, file);
});
