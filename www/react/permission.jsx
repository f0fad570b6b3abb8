// A call that waits for the person.

import { useWords } from './language.js';

export function Permission({ call }) {
  const say = useWords();
  return (
    <div className="permission" role="dialog" aria-labelledby="permission-title" data-testid="permission-dialog">
      <p id="permission-title">{say('May the assistant use this tool?')}</p>
      <p><code dir="ltr">{call.name}</code> <bdi>{call.about}</bdi></p>
      <div className="choices">
        <button type="button" className="solid" data-testid="allow" onClick={() => call.decide(true)}>{say('Allow')}</button>
        <button type="button" className="quiet" data-testid="deny" onClick={() => call.decide(false)}>{say('Deny')}</button>
      </div>
    </div>
  );
}
