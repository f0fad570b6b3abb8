// The card of one tool call, from its beginning to its result.

import { useWords } from './language.js';

const STATES = { running: 'running', done: 'done', error: 'failed' };

export function ToolCard({ call }) {
  const say = useWords();
  return (
    <details className="tool" data-testid="tool-card" data-state={call.state}>
      <summary>
        <code className="tool-label" dir="ltr" data-testid="tool-name">{call.name}</code>
        <bdi className="tool-preview">{call.about}</bdi>
        <span className="tool-state">{say(STATES[call.state])}</span>
      </summary>
      <div className="tool-body">
        <Payload title={say('Input')} text={call.input} />
        <Payload title={say('Result')} text={call.result} />
      </div>
    </details>
  );
}

function Payload({ title, text }) {
  if (!text) return null;
  return (
    <>
      <h4>{title}</h4>
      <pre dir="ltr" tabIndex={0} role="region" aria-label={title}>{text}</pre>
    </>
  );
}
