// Where the person writes. One button: it stops a turn that runs, and sends otherwise.

import { useRef, useState } from 'react';
import pipes from '../pipes/pipes.json';
import { useWords } from './language.js';

const { suggestions } = pipes.find(({ id }) => id === 'claude-ai');

export function Composer({ running, fresh, send, stop }) {
  const say = useWords();
  const [text, setText] = useState('');
  const field = useRef(null);

  function submit(event) {
    event.preventDefault();
    if (running) return stop();
    field.current.focus();
    if (text.trim() === '') return undefined;
    setText('');
    return send(text.trim());
  }

  function pressed(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (!running) event.currentTarget.form.requestSubmit();
  }

  return (
    <form className="composer" onSubmit={submit}>
      {fresh && (
        <div className="suggestions" role="group" aria-label={say('Suggestions')}>
          {suggestions.map(({ label, prompt }) => (
            <button key={label} type="button" onClick={() => send(prompt)}>{say(label)}</button>
          ))}
        </div>
      )}
      <div className="field">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          autoComplete="off"
          data-testid="chat-input"
          aria-label={say('Your message')}
          placeholder={say('Write a message')}
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={pressed}
        />
        <button type="submit" className={running ? 'send stop' : 'send'} data-testid={running ? 'stop-button' : 'send-button'}>
          {say(running ? 'Stop' : 'Send')}
        </button>
      </div>
    </form>
  );
}
