// The demo page: on the left a chat that knows nothing of pagetap, on the right
// a live list that knows nothing of the chat, and a switch that sends what it shows.
// They meet only here, in layout.

import { startChat } from './chat/chat.js';
import { startViews } from './dom/views.js';
import { startExport } from './export/export.js';
import { startLive } from './live/live.js';
import { PIPES } from './pipes/pipes.js';

startViews();

// The address says which pipe is shown, whether the tap is there, and what the page's policy is.
const parameters = new URLSearchParams(location.search);
const mode = document.querySelector('#mode');
const policy = document.querySelector('#policy');

function address(changes) {
  const next = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return `/?${next}`.replace(/\?$/, '');
}

function showMode() {
  const off = parameters.get('tap') === 'off';
  mode.textContent = off ? 'With the tap' : 'Without the tap';
  mode.href = address({ tap: off ? '' : 'off' });
  const strict = parameters.get('policy') === 'self';
  policy.textContent = strict ? 'The same page without a policy' : "The same page under connect-src 'self'";
  policy.href = address({ policy: strict ? '' : 'self' });
}

showMode();
// The list first: a pipe may speak as soon as it is open.
startLive();
startChat(PIPES, parameters.get('pipe'), (id) => {
  parameters.set('pipe', id);
  history.replaceState(null, '', address({}));
  showMode();
});
startExport();
