// The demo page: on the left a chat that knows nothing of pagetap, on the right
// a live list that knows nothing of the chat. They meet only here, in layout.

import { startChat } from './chat/chat.js';
import { startLive } from './live/live.js';

const views = document.querySelectorAll('[data-show]');
for (const button of views) {
  button.addEventListener('click', () => {
    document.body.dataset.view = button.dataset.show;
    for (const other of views) other.setAttribute('aria-pressed', String(other === button));
  });
}

if (new URLSearchParams(location.search).get('tap') === 'off') {
  const mode = document.querySelector('#mode');
  mode.textContent = 'With the tap';
  mode.href = '/';
}

startLive();
startChat();
