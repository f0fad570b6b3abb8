// The messages, of which only those near the view are in the document. The end stays in view while
// an answer grows, until the person scrolls up.

import { useLayoutEffect, useRef, useState } from 'react';
import { Virtualizer } from 'virtua';
import { useWords } from './language.js';
import { Message } from './message.jsx';

const NEAR = 48; // pixels from the end that still count as there

export function MessageList({ messages }) {
  const say = useWords();
  const scroller = useRef(null);
  const offset = useRef(0);
  const sticks = useRef(true);
  const [away, setAway] = useState(false);

  function keepEnd() {
    const node = scroller.current;
    if (sticks.current) node.scrollTop = node.scrollHeight;
  }

  function follow(follows) {
    sticks.current = follows;
    setAway(!follows);
    keepEnd();
  }

  function scrolled({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) {
    const far = scrollHeight - scrollTop - clientHeight;
    // Only the person scrolls up; growth alone moves the end away, not the view.
    if (far < NEAR) setAway(!(sticks.current = true));
    else if (scrollTop < offset.current - 2) setAway(!(sticks.current = false));
    offset.current = scrollTop;
  }

  useLayoutEffect(keepEnd, [messages]);
  return (
    <>
      <div className="scroll" ref={scroller} onScroll={scrolled} tabIndex={0} role="log" aria-label={say('Messages')} data-testid="messages">
        <Virtualizer scrollRef={scroller} data={messages} onResize={keepEnd}>
          {(message) => <Message key={message.id} message={message} />}
        </Virtualizer>
      </div>
      {away && (
        <button type="button" className="to-end" aria-label={say('Back to the end')} onClick={() => follow(true)}>↓</button>
      )}
    </>
  );
}
