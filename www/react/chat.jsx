// The chat: conversations beside the one that the address names.

import { Conversation } from './conversation.jsx';
import { conversations, EMPTY } from './conversations.js';
import { language } from './language.js';
import { useConversationId } from './route.js';
import { Sidebar } from './sidebar.jsx';

export function Chat() {
  const { id: lang, dir } = language.use();
  const id = useConversationId();
  const all = conversations.use();
  const shown = all.find((conversation) => conversation.id === id) ?? { ...EMPTY, id };
  return (
    <div className="react-chat" lang={lang} dir={dir}>
      <Sidebar all={all} shown={id} />
      <Conversation conversation={shown} />
    </div>
  );
}
