// Questions with more than one answer: choices, and fields to fill in.

import { element } from '../dom/element.js';

let forms = 0;

/** Choices: `questions` as Claude Code asks them; `answers()` by question. */
export function choiceForm(questions) {
  const name = `form-${(forms += 1)}`;
  const fieldsets = questions.map((question, nth) => {
    const type = question.multiSelect ? 'checkbox' : 'radio';
    const options = question.options.map((option, at) => element('label', { class: 'option' },
      element('input', { type, name: `${name}-${nth}`, value: option.label, checked: !question.multiSelect && at === 0 }),
      element('span', {}, element('b', {}, option.label), option.description ? ` ${option.description}` : '')));
    return element('fieldset', {}, element('legend', {}, question.question), ...options);
  });
  const node = element('form', { class: 'form', onsubmit: (event) => event.preventDefault() }, ...fieldsets);
  const chosen = (nth) => [...fieldsets[nth].querySelectorAll(':checked')].map((input) => input.value);
  return {
    node,
    answers: () => Object.fromEntries(questions.map((question, nth) =>
      [question.question, question.multiSelect ? chosen(nth) : chosen(nth)[0] ?? ''])),
  };
}

/** Fields: one for each property of a flat schema; `content()` by name. */
export function fieldForm(schema) {
  const required = schema.required ?? [];
  const inputs = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    element('input', { type: property.type === 'number' ? 'number' : 'text', required: required.includes(name), autocomplete: 'off' }),
    property.title ?? name,
  ]);
  const labels = inputs.map(([, input, title]) => element('label', { class: 'line-field' }, title, input));
  return {
    node: element('form', { class: 'form', onsubmit: (event) => event.preventDefault() }, ...labels),
    content: () => Object.fromEntries(inputs.map(([name, input]) => [name, input.value])),
  };
}
