// What has to be told, by whom nothing was told: from what the page saw alone.

import assert from 'node:assert/strict';

/**
 * What is lost of a body of records of which the page has read so much: the record it ends in, if that has
 * begun and is not whole but for its blank line.
 */
export function lost(bytes) {
  const blank = bytes.lastIndexOf('\n\n');
  const rest = bytes.subarray(blank < 0 ? 0 : blank + 2);
  return /^(data: \{.*\}\n?)?$/.test(String(rest)) && isJson(String(rest).slice('data: '.length)) ? [] : [['record_cut', rest.length]];
}

function isJson(text) {
  try {
    return !text || !!JSON.parse(text);
  } catch {
    return false;
  }
}

/** The tap lives, what was opened has ended, once, and what notices say of streams adds up to what is counted. */
export function assertSound(told) {
  assert.deepEqual([told.failure, told.droppedBytes, told.listenerErrors], [null, 0, 0]);
  const counted = {};
  for (const { code, count } of told.notices) counted[code] = (counted[code] ?? 0) + count;
  assert.deepEqual(told.counted, counted, 'every loss is told and counted');
  for (const [key, list] of Object.entries(told.streams)) {
    for (const { url, ends, hooks } of list) {
      assert.equal(ends.length, 1, `${key} ends once`);
      // What sessions carry goes on by another pipe.
      if (!url.includes('/v1/messages')) continue;
      const times = (pattern) => hooks.filter((type) => pattern.test(type)).length;
      assert.equal(times(/^MessageEnd$/), times(/^MessageStart$/), `messages of ${key} end`);
      assert.ok(times(/^(Stop|StopFailure)$/) <= 1, `the turn of ${key} ends once`);
    }
  }
}
