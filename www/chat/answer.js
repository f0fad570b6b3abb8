// One answer of the assistant: applies the events of its stream to the page.

import { element } from '../dom/element.js';
import { prose } from './prose.js';
import { resultText, toolCard } from './tool.js';

/** `decide(tool, allowed, option)` is called when the person answers a card. */
export function answer(decide) {
  const wait = element('p', { class: 'wait' }, 'Thinking of an answer');
  const node = element('li', { class: 'answer', 'aria-busy': 'true' }, wait);
  const blocks = new Map();
  const tools = new Map();
  const dirty = new Set();
  let finished = false;

  function add(child) {
    wait.remove();
    node.append(child);
  }

  // Text is drawn once a frame, however many pieces came.
  function draw(block) {
    if (dirty.size === 0) requestAnimationFrame(flush);
    dirty.add(block);
  }

  function flush() {
    for (const block of dirty) block.node.replaceChildren(prose(block.text, block.marks));
    dirty.clear();
    node.dispatchEvent(new Event('grow', { bubbles: true }));
  }

  const start = {
    text() {
      const block = { text: '', marks: [], open: new Map(), node: element('div', { class: 'text' }) };
      add(block.node);
      return block;
    },
    thinking() {
      const line = element('span', { class: 'thought' }, 'Thinking');
      const body = element('div', { class: 'thoughts' });
      add(element('details', { class: 'thinking' }, element('summary', {}, line), body));
      return { text: '', marks: [], node: body, line };
    },
    tool_use(content) {
      const card = toolCard(content, (allowed, option) => decide(card.tool, allowed, option));
      tools.set(content.id, card);
      add(card.node);
      return { card };
    },
    tool_result(content) {
      return { result: '', failed: content.is_error, card: tools.get(content.tool_use_id) };
    },
  };

  function delta(block, change) {
    switch (change.type) {
      case 'text_delta':
        block.text += change.text;
        return draw(block);
      case 'thinking_delta':
        block.text += change.thinking;
        return draw(block);
      case 'thinking_summary_delta':
        block.line.textContent = change.summary?.summary ?? change.summary;
        return;
      case 'input_json_delta':
        if ('result' in block) block.result = change.partial_json;
        else block.card?.input(change.partial_json);
        return;
      case 'tool_use_block_update_delta':
        return block.card?.update(change);
      case 'citation_start_delta':
        return void block.open.set(change.citation.uuid, change.citation);
      case 'citation_end_delta': {
        const source = block.open.get(change.citation_uuid);
        if (source) block.marks.push({ at: block.text.length, label: source.metadata?.site_name ?? source.title });
        return draw(block);
      }
    }
  }

  function note(text, kind) {
    add(element('p', { class: `note ${kind}` }, text));
  }

  return {
    node,
    note,
    /** Applies one record. */
    apply(event) {
      switch (event.type) {
        case 'content_block_start':
          blocks.set(event.index, start[event.content_block.type]?.(event.content_block) ?? {});
          break;
        case 'content_block_delta': {
          const block = blocks.get(event.index);
          if (block) delta(block, event.delta);
          break;
        }
        case 'content_block_stop': {
          const block = blocks.get(event.index);
          if (block && 'result' in block) block.card?.result(resultText(block.result), block.failed);
          else block?.card?.inputDone();
          break;
        }
        case 'message_limit': {
          const { type, windows } = event.message_limit;
          const used = Math.round((windows?.['5h']?.utilization ?? 0) * 100);
          if (type === 'approaching_limit') note(`You have used ${used} % of your limit.`, 'warn');
          break;
        }
        case 'message_stop':
          finished = true;
          break;
        case 'error':
          finished = true;
          note(event.error?.message ?? 'Something went wrong.', 'bad');
          break;
      }
      node.dispatchEvent(new Event('grow', { bubbles: true }));
    },
    finished: () => finished,
    /** The answer gets nothing more. */
    close() {
      wait.remove();
      if (dirty.size > 0) flush();
      for (const card of tools.values()) card.halt();
      node.setAttribute('aria-busy', 'false');
    },
  };
}
