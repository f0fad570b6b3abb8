// One answer of the assistant on the page: text, thinking, tool cards, notes.

import { element } from '../dom/element.js';
import { prose } from './prose.js';
import { toolCard } from './tool.js';

export function answer() {
  const wait = element('p', { class: 'wait' }, 'Thinking of an answer');
  const node = element('li', { class: 'answer', 'aria-busy': 'true' }, wait);
  const cards = new Map();
  const dirty = new Set();

  function add(child) {
    wait.remove();
    node.append(child);
    grow();
  }

  function grow() {
    node.dispatchEvent(new Event('grow', { bubbles: true }));
  }

  // Text is drawn once a frame, however many pieces came.
  function draw(block) {
    if (dirty.size === 0) requestAnimationFrame(flush);
    dirty.add(block);
  }

  function flush() {
    for (const block of dirty) block.node.replaceChildren(prose(block.text, block.marks));
    dirty.clear();
    grow();
  }

  /** A block of text that grows; sources can be named where it stands. */
  function growing(body) {
    const open = new Map();
    const block = {
      node: body,
      text: '',
      marks: [],
      append(text) {
        block.text += text;
        draw(block);
      },
      set(text) {
        block.text = text;
        draw(block);
      },
      cite: (source) => void open.set(source.uuid, source),
      cited(id) {
        const source = open.get(id);
        if (source) block.marks.push({ at: block.text.length, label: source.metadata?.site_name ?? source.title });
        draw(block);
      },
    };
    return block;
  }

  return {
    node,
    grow,
    note: (text, kind) => add(element('p', { class: `note ${kind}` }, text)),
    /** What it waits for, until there is something to see. */
    waiting(text) {
      wait.textContent = text;
    },
    text({ nested = false } = {}) {
      const body = element('div', { class: nested ? 'text nested' : 'text' });
      add(body);
      return growing(body);
    },
    thinking() {
      const line = element('span', { class: 'thought' }, 'Thinking');
      const body = element('div', { class: 'thoughts' });
      add(element('details', { class: 'thinking' }, element('summary', {}, line), body));
      return Object.assign(growing(body), { summary: (text) => void (line.textContent = text) });
    },
    /** The card of a tool call: a new one, or the one it has. */
    tool(call, { nested = false } = {}) {
      const known = cards.get(call.id);
      if (known) return known;
      const card = toolCard(call);
      if (nested) card.node.classList.add('nested');
      cards.set(call.id, card);
      add(card.node);
      return card;
    },
    card: (id) => cards.get(id),
    /** The answer gets nothing more. */
    close() {
      wait.remove();
      if (dirty.size > 0) flush();
      for (const card of cards.values()) card.halt();
      node.setAttribute('aria-busy', 'false');
    },
  };
}
