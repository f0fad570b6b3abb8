// Renders an answer's text: paragraphs, lists and code, no more.

import { element } from '../dom/element.js';

/**
 * Text as elements. `marks` are `{at, label}`: sources to name at a position.
 */
export function prose(text, marks = []) {
  const out = document.createDocumentFragment();
  let offset = 0;
  let list = null;
  let paragraph = null;
  for (const line of text.split('\n')) {
    const start = offset;
    offset += line.length + 1;
    if (line.startsWith('- ')) {
      paragraph = null;
      if (!list) out.append((list = element('ul')));
      list.append(element('li', {}, ...inline(line.slice(2), start + 2, marks)));
      continue;
    }
    list = null;
    if (line.trim() === '') {
      paragraph = null;
      continue;
    }
    if (paragraph) paragraph.append(element('br'));
    else out.append((paragraph = element('p')));
    paragraph.append(...inline(line, start, marks));
  }
  return out;
}

function inline(line, start, marks) {
  const nodes = [];
  let from = 0;
  const end = start + line.length;
  const here = marks.filter((mark) => mark.at > start && mark.at <= end);
  for (const mark of here) {
    nodes.push(...code(line.slice(from, mark.at - start)));
    nodes.push(element('cite', {}, mark.label));
    from = mark.at - start;
  }
  nodes.push(...code(line.slice(from)));
  return nodes;
}

function code(text) {
  return text.split(/`([^`]+)`/).map((part, i) => (i % 2 ? element('code', {}, part) : part));
}
