// The card of one tool call: what it is, its input, its result, and what the
// person is asked about it.

import { element } from '../dom/element.js';

export function toolCard(call) {
  const tool = { ...call };
  const label = element('span', { class: 'tool-label' });
  const preview = element('span', { class: 'tool-preview' });
  const state = element('span', { class: 'tool-state' });
  const input = element('pre', { tabindex: '0', 'aria-label': 'Input' });
  const result = element('pre', { tabindex: '0', 'aria-label': 'Result', hidden: true });
  const resultTitle = element('h4', { hidden: true }, 'Result');
  const ask = element('div', { class: 'ask', role: 'group', 'aria-label': 'Question', hidden: true });
  const node = element('div', { class: 'tool' },
    element('details', {},
      element('summary', {}, label, preview, state),
      element('div', { class: 'tool-body' }, element('h4', {}, 'Input'), input, resultTitle, result)),
    ask);
  let json = '';

  function show(name, text) {
    node.dataset.state = name;
    state.textContent = text;
  }

  function refresh() {
    label.textContent = tool.message || tool.name;
    if (tool.integration_name) label.textContent += ` · ${tool.integration_name}`;
  }

  /** Options that stand in the call itself are asked once its input is known. */
  function question() {
    const options = tool.approval_options;
    if (!Array.isArray(options) || node.dataset.state === 'ask') return;
    card.ask(`May the assistant use ${tool.integration_name ?? tool.name}?`, [
      { label: 'Allow once', allows: true, run: () => card.ondecide(true, 'once') },
      ...(options.includes('always') ? [{ label: 'Always allow', allows: true, quiet: true, run: () => card.ondecide(true, 'always') }] : []),
      { label: 'Do not allow', run: () => card.ondecide(false) },
    ]);
  }

  const card = {
    node,
    tool,
    /** Called when the person answers a question of the call itself. */
    ondecide: () => {},
    input(piece) {
      json += piece;
      input.textContent = json;
    },
    inputDone() {
      try {
        card.setInput(JSON.parse(json || '{}'));
      } catch {
        // Input that is not JSON stays as it came.
      }
      question();
    },
    setInput(value) {
      input.textContent = JSON.stringify(value, null, 2);
      preview.textContent = firstText(value);
      preview.hidden = label.textContent.includes(preview.textContent);
    },
    update(change) {
      const before = tool.approval_options;
      for (const [key, value] of Object.entries(change)) if (key !== 'type') tool[key] = value;
      refresh();
      if (before && tool.approval_options === null) card.withdraw();
    },
    /** How far it is. */
    progress(text) {
      if (node.dataset.state === 'run') show('run', text);
    },
    /**
     * Asks the person. Each choice is `{label, allows, quiet, run}`; `details`
     * is what they decide about.
     */
    ask(text, choices, details) {
      show('ask', 'waiting for you');
      const button = (choice, at) => element('button', {
        type: 'button',
        class: at === 0 ? 'solid' : 'quiet',
        onclick() {
          if (choice.allows && details && !valid(details)) return;
          node.querySelector('summary').focus(); // the button that had it goes away
          ask.hidden = true;
          show(choice.allows ? 'run' : 'fail', choice.said ?? (choice.allows ? 'allowed' : 'not allowed'));
          choice.run();
        },
      }, choice.label);
      ask.replaceChildren(element('p', {}, text), ...(details ? [details] : []), ...choices.map(button));
      ask.hidden = false;
      node.dispatchEvent(new Event('asked', { bubbles: true }));
    },
    /** The question was answered elsewhere, or is no question any more. */
    withdraw() {
      if (node.dataset.state !== 'ask') return;
      ask.hidden = true;
      show('run', 'running');
    },
    result(text, failed) {
      ask.hidden = true;
      result.textContent = text;
      result.hidden = resultTitle.hidden = false;
      show(failed ? 'fail' : 'done', failed ? 'failed' : 'done');
    },
    halt() {
      ask.hidden = true;
      if (node.dataset.state === 'run' || node.dataset.state === 'ask') show('fail', 'stopped');
    },
  };
  refresh();
  show('run', 'running');
  return card;
}

/** A form that is not filled in says so itself. */
function valid(details) {
  const form = details.matches('form') ? details : details.querySelector('form');
  return !form || form.reportValidity();
}

/** The first text in an input is nearly always what it is about. */
function firstText(value) {
  const text = Object.values(value ?? {}).flat().find((item) => typeof item === 'string' && item !== '');
  return text ? text.split('\n')[0] : '';
}

/** A result's content, for people. */
export function resultText(json) {
  let items;
  try {
    items = JSON.parse(json);
  } catch {
    return json;
  }
  return contentText(items) ?? json;
}

/** The same, of content that is read already; nothing when it is no list. */
export function contentText(items) {
  if (typeof items === 'string') return items;
  if (!Array.isArray(items)) return undefined;
  return items.map((item) => {
    if (item.type === 'text') return pretty(item.text);
    if (item.type === 'knowledge') return `${item.title}\n${item.url}`;
    return JSON.stringify(item, null, 2);
  }).join('\n\n');
}

function pretty(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}
