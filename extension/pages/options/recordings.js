// What was recorded: save it, or delete it for good.

import { element } from '../../../www/dom/element.js';
import { ask } from '../ask.js';
import { endOf, saveRecording } from '../save.js';
import { bytes, date, number, say } from '../words.js';

export function startRecordings() {
  const find = (id) => document.getElementById(id);

  async function act(what) {
    find('recordings-error').textContent = '';
    try {
      await what();
    } catch (error) {
      find('recordings-error').textContent = error.message;
    }
  }

  function row(recording) {
    const { id, origin, title, since, until, events } = recording;
    const said = element('p', { class: 'muted' });
    const tell = () => {
      const sentence = say(until ? 'recordingsOne' : 'recordingsRunning', date(since), number(events), bytes(recording.bytes));
      said.textContent = [sentence, endOf(recording)].filter(Boolean).join('. ');
    };
    const save = element('button', { type: 'button', class: 'small' }, say('recordingSave'));
    const forget = element('button', { type: 'button', class: 'small quiet' }, say('recordingsForget'));
    save.addEventListener('click', () => act(async () => {
      save.disabled = true;
      try {
        await saveRecording(recording, (read) => {
          said.textContent = say('recordingSaving', number(read));
        });
      } finally {
        save.disabled = false;
        tell();
      }
    }));
    let sure = false;
    forget.addEventListener('click', () => act(async () => {
      if (!sure) {
        sure = true;
        forget.textContent = say('recordingsForgetSure');
        return;
      }
      await ask({ do: 'forget', id });
      await show();
      find('recordings-title').focus();
    }));
    forget.addEventListener('blur', () => {
      sure = false;
      forget.textContent = say('recordingsForget');
    });
    tell();
    return element('li', {}, element('div', {}, element('b', {}, String(title || origin)), said),
      element('div', { class: 'buttons' }, save, until ? forget : null));
  }

  async function show() {
    const { recordings } = await ask({ ask: 'recordings' });
    find('recordings').replaceChildren(...recordings.toSorted((a, b) => b.since - a.since).map(row));
    find('recordings-none').hidden = recordings.length > 0;
  }

  return { show };
}
