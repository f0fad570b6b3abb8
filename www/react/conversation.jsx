// One conversation: its messages, what the person is asked, and the composer. The same elements show
// one conversation after another, as in any such page.

import { uuid } from '../pipes/ids.js';
import { Composer } from './composer.jsx';
import { ask, stop } from './conversations.js';
import { Greeting } from './greeting.jsx';
import { useWords } from './language.js';
import { MessageList } from './message_list.jsx';
import { Permission } from './permission.jsx';
import { go } from './route.js';

export function Conversation({ conversation }) {
  const say = useWords();
  const { id, messages, running } = conversation;
  const question = running ? messages.at(-1).blocks.find(({ asks }) => asks) : undefined;

  function send(text) {
    const asked = id || uuid();
    go(asked);
    ask(asked, text);
  }

  return (
    <section className="conversation" aria-label={say('Conversation')} data-testid="conversation">
      {messages.length ? <MessageList key={id} messages={messages} /> : <Greeting />}
      {question && <Permission key={question.id} call={question} />}
      <Composer running={running} fresh={messages.length === 0} send={send} stop={() => stop(id)} />
      <p className="sr" role="status">{say(state(conversation, question))}</p>
    </section>
  );
}

function state({ messages, running }, question) {
  if (question) return 'The assistant asks you.';
  if (running) return 'The assistant is answering.';
  return messages.length ? 'The answer is complete.' : '';
}
