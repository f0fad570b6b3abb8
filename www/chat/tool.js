// The card of one tool call: what it is, its input, its result.

import { element } from '../dom/element.js';

/** `decide(allowed, option)` is called when the person answers a question. */
export function toolCard(block, decide) {
  const tool = { ...block };
  const label = element('span', { class: 'tool-label' });
  const preview = element('span', { class: 'tool-preview' });
  const state = element('span', { class: 'tool-state' });
  const input = element('pre', { tabindex: '0', 'aria-label': 'Input' });
  const result = element('pre', { tabindex: '0', 'aria-label': 'Result', hidden: true });
  const resultTitle = element('h4', { hidden: true }, 'Result');
  const ask = element('div', { class: 'ask', hidden: true });
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

  function answer(allowed, option) {
    node.querySelector('summary').focus(); // the button that had it goes away
    ask.hidden = true;
    show(allowed ? 'run' : 'fail', allowed ? 'allowed' : 'not allowed');
    decide(allowed, option);
  }

  function question() {
    const options = tool.approval_options;
    if (!Array.isArray(options) || node.dataset.state === 'ask') return;
    show('ask', 'waiting for you');
    const button = (text, kind, allowed, option) =>
      element('button', { type: 'button', class: kind, onclick: () => answer(allowed, option) }, text);
    ask.replaceChildren(
      element('p', {}, `May the assistant use ${tool.integration_name ?? tool.name}?`),
      button('Allow once', 'solid', true, 'once'),
      ...(options.includes('always') ? [button('Always allow', 'quiet', true, 'always')] : []),
      button('Do not allow', 'quiet', false));
    ask.hidden = false;
  }

  refresh();
  show('run', 'running');
  return {
    node,
    tool,
    input(piece) {
      json += piece;
      input.textContent = json;
    },
    inputDone() {
      try {
        const value = JSON.parse(json || '{}');
        input.textContent = JSON.stringify(value, null, 2);
        preview.textContent = firstText(value);
        preview.hidden = label.textContent.includes(preview.textContent);
      } catch {
        // Input that is not JSON stays as it came.
      }
      question();
    },
    update(delta) {
      const before = tool.approval_options;
      for (const [key, value] of Object.entries(delta)) if (key !== 'type') tool[key] = value;
      refresh();
      if (before && tool.approval_options === null && node.dataset.state === 'ask') {
        ask.hidden = true; // answered elsewhere
        show('run', 'running');
      }
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
}

/** The first text in an input is nearly always what it is about. */
function firstText(value) {
  const text = Object.values(value).flat().find((item) => typeof item === 'string' && item !== '');
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
  if (!Array.isArray(items)) return json;
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
