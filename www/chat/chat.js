// The chat: a stand-in for somebody else's page. It talks to its backend and
// draws the answer; that anybody watches is none of its business.

import { element } from '../dom/element.js';
import { answer } from './answer.js';
import { conversation, refusal } from './request.js';
import { readEvents } from './sse.js';

export function startChat() {
  const form = document.querySelector('#composer');
  const prompt = document.querySelector('#prompt');
  const send = document.querySelector('#send');
  const list = document.querySelector('#messages');
  const scroll = document.querySelector('#scroll');
  const status = document.querySelector('#status');
  const backend = conversation('claude-opus-5');
  let running = null;

  function setRunning(controller) {
    running = controller;
    send.textContent = controller ? 'Stop' : 'Send';
    send.classList.toggle('stop', Boolean(controller));
    for (const button of document.querySelectorAll('[data-prompt]')) button.disabled = Boolean(controller);
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

  function ask(text) {
    list.querySelector('.again')?.remove();
    list.append(element('li', { class: 'asked' }, text));
    run((signal) => backend.complete(text, signal));
  }

  function again(old) {
    old.remove();
    run((signal) => backend.retry(signal));
    prompt.focus();
  }

  /** Draws one answer, from the request that asks for it to its end. */
  async function run(request) {
    const controller = new AbortController();
    setRunning(controller);
    document.querySelector('#greeting').hidden = true;
    status.textContent = 'The assistant is answering.';
    const reply = answer((tool, allowed, option) => {
      backend.decide(tool, allowed, option);
      // The recorded answer goes on as if it had been allowed: after a refusal
      // only stopping is true to what the person chose.
      if (!allowed) stop('You did not allow it, so the answer was stopped.');
    });
    let stopped = '';
    function stop(why) {
      stopped = why;
      controller.abort();
      backend.stop();
    }
    controller.stop = () => stop('You stopped this answer.');
    list.append(reply.node);
    keepEnd(true);
    try {
      const response = await request(controller.signal);
      const type = response.headers.get('content-type') ?? '';
      if (!response.ok || !type.includes('text/event-stream')) {
        reply.note(await refusal(response), 'bad');
        return;
      }
      await readEvents(response.body, ({ data }) => reply.apply(JSON.parse(data)));
      if (!reply.finished()) reply.note('The answer was cut off.', 'bad');
    } catch (error) {
      if (stopped) reply.note(stopped, 'calm');
      else reply.note(`The connection was lost: ${error.message}`, 'bad');
    } finally {
      reply.close();
      reply.node.append(element('button', { type: 'button', class: 'quiet again', onclick: () => again(reply.node) }, 'Try again'));
      setRunning(null);
      status.textContent = stopped || 'The answer is complete.';
      keepEnd();
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (running) {
      running.stop();
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
  for (const button of document.querySelectorAll('[data-prompt]')) {
    button.addEventListener('click', () => {
      prompt.value = button.dataset.prompt;
      form.requestSubmit();
      prompt.focus();
    });
  }
}
