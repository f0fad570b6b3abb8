// Record, stop, save: one button that changes, and the newest recording of the site.

import { ask } from '../ask.js';
import { endOf, saveRecording } from '../save.js';
import { bytes, date, number, say, time } from '../words.js';

/** `act(what)` does it and shows why not; `tab()` and `origin()` say where. */
export function startRecording({ act, tab, origin }) {
  const find = (id) => document.getElementById(id);
  let running; // undefined before that is known
  let newest = null;
  let saving = null;
  let possible = false;

  function show(recording, can) {
    // The numbers change too often to be read aloud.
    if (running !== undefined && Boolean(running) !== Boolean(recording)) find('recording-said').textContent = say(recording ? 'recordingBegun' : 'recordingEnded');
    running = recording ?? null;
    possible = can;
    draw();
  }

  function draw() {
    const button = find('record');
    button.textContent = say(running ? 'recordingStop' : 'recordingStart');
    button.disabled = !running && !possible;
    button.classList.toggle('running', Boolean(running));
    find('save').hidden = Boolean(running) || !newest;
    find('save').disabled = saving !== null;
    find('recorded').classList.toggle('running', Boolean(running) && saving === null);
    find('recorded').textContent = sentence();
  }

  function sentence() {
    if (saving !== null) return say('recordingSaving', number(saving));
    if (running) return say('recordingRuns', time(running.since), number(running.events), bytes(running.bytes));
    if (newest) return [say('recordingNewest', date(newest.since), number(newest.events), bytes(newest.bytes)), endOf(newest)].filter(Boolean).join('. ');
    return say('recordingNone');
  }

  /** Finds what was recorded before. */
  async function look() {
    const { recordings } = await ask({ ask: 'recordings' });
    const here = recordings.filter((recording) => recording.origin === origin() && recording.until);
    newest = here.reduce((newest, recording) => (newest && newest.since > recording.since ? newest : recording), null);
    draw();
  }

  find('record').addEventListener('click', () => act(async () => {
    await ask({ do: running ? 'stop' : 'record', tabId: tab() });
    await look();
  }));
  find('save').addEventListener('click', () => act(async () => {
    saving = 0;
    draw();
    try {
      await saveRecording(newest, (events) => {
        saving = events;
        draw();
      });
    } finally {
      saving = null;
      draw();
    }
  }));

  return { show, look };
}
