// One message: the person's words, or an answer of text, thinking, tool cards and notes.

import Markdown from 'markdown-to-jsx/react';
import { memo } from 'react';
import { useWords } from './language.js';
import { ToolCard } from './tool_card.jsx';

export const Message = memo(function Message({ message }) {
  if (message.role === 'user') {
    return <div className="row asked-row"><div className="asked" dir="auto" data-testid="user-message">{message.text}</div></div>;
  }
  return <div className="row"><Answer {...message} /></div>;
});

function Answer({ blocks, growing }) {
  const say = useWords();
  const notes = blocks.filter(({ kind }) => kind === 'note');
  const said = blocks.filter(({ kind }) => kind !== 'note');
  return (
    <>
      {said.length > 0 && (
        <div className="answer" data-testid="assistant-message" data-is-streaming={growing}>
          {said.map((block, at) => <Block key={at} block={block} growing={growing && at === said.length - 1} />)}
        </div>
      )}
      {growing && said.length === 0 && <p className="wait">{say('Thinking of an answer')}</p>}
      {notes.map(({ text, tone }, at) => <p key={at} className={`note ${tone}`} data-testid="note">{say(text)}</p>)}
    </>
  );
}

/** Only what grows is drawn again. */
const Block = memo(function Block({ block, growing }) {
  const say = useWords();
  switch (block.kind) {
    case 'text':
      return <Prose text={block.text} growing={growing} testid="assistant-text" />;
    case 'thinking':
      return (
        <details className="thinking" data-testid="thinking">
          <summary dir="auto">{block.summary ?? say('Thinking')}</summary>
          <Prose text={block.text} growing={growing} className="thoughts" />
        </details>
      );
    case 'tool':
      return <ToolCard call={block} />;
  }
});

const SAFE = { disableParsingRawHTML: true, forceBlock: true, wrapper: 'div', forceWrapper: true };
const SAFE_AND_GROWING = { ...SAFE, optimizeForStreaming: true };

function Prose({ text, growing, testid, className = 'standard-markdown' }) {
  return (
    <div className={className} dir="auto" data-testid={testid}>
      <Markdown options={growing ? SAFE_AND_GROWING : SAFE}>{text}</Markdown>
    </div>
  );
}
