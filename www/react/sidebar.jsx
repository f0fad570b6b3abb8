// Where one goes from here: other conversations, a new one, another language.

import { loadLong } from './conversations.js';
import { language, LANGUAGES, useWords } from './language.js';
import { go, linkTo } from './route.js';

const MANY = 5000;

export function Sidebar({ all, shown }) {
  const say = useWords();
  return (
    <nav className="sidebar" aria-label={say('Conversations')} data-testid="sidebar">
      <a className="new" data-testid="new-chat" {...linkTo('')}>{say('New chat')}</a>
      <ul>
        {all.map(({ id, title, running }) => (
          <li key={id}>
            <a dir="auto" data-testid="conversation-link" aria-current={id === shown ? 'page' : undefined} data-running={running} {...linkTo(id)}>
              {say(title)}
            </a>
          </li>
        ))}
      </ul>
      <button type="button" className="quiet" data-testid="load-long" onClick={() => go(loadLong(MANY))}>
        {say(`Load ${MANY.toLocaleString('en')} messages`)}
      </button>
      <select
        data-testid="language"
        aria-label={say('Language')}
        value={language.use().id}
        onChange={({ target }) => language.set(LANGUAGES.find(({ id }) => id === target.value))}
      >
        {LANGUAGES.map(({ id, name }) => <option key={id} value={id} lang={id}>{name}</option>)}
      </select>
    </nav>
  );
}
