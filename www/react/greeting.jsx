// What stands where no message is yet.

import { useWords } from './language.js';

export function Greeting() {
  const say = useWords();
  return (
    <div className="scroll">
      <div className="greeting">
        <p className="hello">{say('What shall we do today?')}</p>
        <p>{say('A chat made with React, as such pages are. It knows nothing of the list beside it.')}</p>
      </div>
    </div>
  );
}
