// Which conversation the address names: `/chat/{uuid}`, and none at `/new`.

import { box } from './box.js';

const named = () => /^\/chat\/([^/]+)/.exec(location.pathname)?.[1] ?? '';
const current = box(named());

addEventListener('popstate', () => current.set(named()));

/** The id in the address, '' for a new conversation. */
export const useConversationId = current.use;

/** The address of a conversation; what follows the `?` is the demo's and stays. */
export const addressOf = (id) => (id ? `/chat/${id}` : '/new') + location.search;

/** Goes there without loading the page. */
export function go(id) {
  if (named() === id) return;
  history.pushState(null, '', addressOf(id));
  current.set(id);
}

/** For links: a plain click stays in the page. */
export const linkTo = (id) => ({
  href: addressOf(id),
  onClick(event) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(id);
  },
});
