// The chat: a stand-in for somebody else's page. It talks to a backend through
// the pipe that is chosen and draws the answer; that anybody watches is none of
// its business.

import { element } from '../dom/element.js';
import { answer } from './answer.js';

/** Shows one pipe of several; `chosen` is called when another is chosen. */
export function startChat(pipes, first, chosen) {
  const find = (id) => document.getElementById(id);
  const [form, prompt, send, list, scroll] = ['composer', 'prompt', 'send', 'messages', 'scroll'].map(find);
  const [status, choice, state, link] = ['status', 'pipe', 'pipe-state', 'pipe-link'].map(find);
  let pipe = null;
  let connection = null;
  let running = false;

  function setRunning(now) {
    running = now;
    send.textContent = now ? 'Stop' : 'Send';
    send.classList.toggle('stop', now);
    for (const button of document.querySelectorAll('[data-prompt]')) button.disabled = now;
  }

  /** Keeps the end in view, unless the person reads further up. */
  function keepEnd(force) {
    const far = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
    if (force || far < 160) scroll.scrollTop = scroll.scrollHeight;
  }

  function resize() {
    prompt.style.height = 'auto';
    prompt.style.height = `${Math.min(prompt.scrollHeight, 168)}px`;
  }

  function showState(text, on) {
    state.textContent = text;
    state.dataset.on = String(on);
  }

  function connect() {
    const opened = pipe;
    // What an old connection still says is about another pipe.
    const page = { state: (text, on) => opened === pipe && connection && showState(text, on) };
    showState('each answer is a request of its own', true);
    connection = {};
    connection = pipe.open(page);
    link.textContent = 'Disconnect';
    link.hidden = pipe.id === 'claude-ai';
  }

  function disconnect() {
    const closed = connection;
    connection = null;
    closed?.close();
    showState('disconnected', false);
    link.textContent = 'Connect';
  }

  function show(next) {
    disconnect();
    pipe = next;
    choice.value = pipe.id;
    list.replaceChildren();
    setRunning(false);
    prompt.placeholder = pipe.placeholder;
    find('hello').textContent = pipe.hello;
    find('about').textContent = pipe.about;
    find('greeting').hidden = false;
    find('suggestions').replaceChildren(...pipe.suggestions.map(({ label, prompt: text }) =>
      element('button', { type: 'button', 'data-prompt': text, onclick: () => submit(text) }, label)));
    connect();
  }

  function submit(text) {
    prompt.value = text;
    form.requestSubmit();
    prompt.focus();
  }

  function ask(text) {
    list.querySelector('.again')?.remove();
    list.append(element('li', { class: 'asked' }, text));
    run((reply) => connection.ask(text, reply));
  }

  function again(old) {
    old.remove();
    run((reply) => connection.again(reply));
    prompt.focus();
  }

  /** Draws one answer, from the request that asks for it to its end. */
  async function run(request) {
    if (!connection) connect();
    const asked = connection;
    const reply = answer();
    setRunning(true);
    find('greeting').hidden = true;
    status.textContent = 'The assistant is answering.';
    list.append(reply.node);
    keepEnd(true);
    let early;
    try {
      early = await request(reply);
      if (early) reply.note(early, 'calm');
    } catch (error) {
      reply.note(error.message, 'bad');
    }
    reply.close();
    if (!reply.node.isConnected) return; // another pipe is shown by now
    if (asked.again && asked === connection) {
      reply.node.append(element('button', { type: 'button', class: 'quiet again', onclick: () => again(reply.node) }, 'Try again'));
    }
    setRunning(false);
    status.textContent = early || 'The answer is complete.';
    keepEnd();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (running) {
      connection?.stop();
      return;
    }
    const text = prompt.value.trim();
    if (text === '') return prompt.focus();
    prompt.value = '';
    resize();
    ask(text);
  });
  prompt.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!running) form.requestSubmit();
  });
  prompt.addEventListener('input', resize);
  list.addEventListener('grow', () => keepEnd());
  // A question must be seen whole, however far the person reads.
  list.addEventListener('asked', ({ target }) => {
    target.scrollIntoView({ block: 'nearest' });
    status.textContent = 'The assistant asks you.';
  });
  choice.append(...pipes.map(({ id, name }) => element('option', { value: id }, name)));
  choice.addEventListener('change', () => {
    show(pipes.find(({ id }) => id === choice.value));
    chosen(pipe.id);
  });
  link.addEventListener('click', () => (connection ? disconnect() : connect()));
  window.addEventListener('pagehide', () => connection?.close());
  show(pipes.find(({ id }) => id === first) ?? pipes[0]);
}
