// A change to a file, line by line.

import { element } from '../dom/element.js';

/** Both sides of a change as one list of lines. */
export function diffView(before, after) {
  const lines = changes(linesOf(before), linesOf(after));
  const rows = lines.map(({ sign, text }) => element('span', { class: sign === '+' ? 'added' : sign === '-' ? 'removed' : null },
    element('span', { class: 'sr' }, { '+': 'added: ', '-': 'removed: ' }[sign] ?? ''),
    element('span', { 'aria-hidden': 'true' }, `${sign} `), `${text}\n`));
  return element('pre', { class: 'diff', tabindex: '0', 'aria-label': 'Change' }, ...rows);
}

/** Without the empty one that the last line end makes. */
function linesOf(text) {
  return text.replace(/\n$/, '').split('\n');
}

/** The longest common lines stay; small files only. */
function changes(before, after) {
  const common = Array.from({ length: before.length + 1 }, () => new Array(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i][j] = before[i] === after[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const out = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      out.push({ sign: ' ', text: before[i] });
      i += 1;
      j += 1;
    } else if (i < before.length && (j >= after.length || common[i + 1][j] >= common[i][j + 1])) {
      out.push({ sign: '-', text: before[i] });
      i += 1;
    } else {
      out.push({ sign: '+', text: after[j] });
      j += 1;
    }
  }
  return out;
}
