// The addresses and bodies of a claude.ai-shaped backend.

import { ORGANIZATION, uuid } from './ids.js';

/** One conversation with the backend: a new one, unless there is a `parent`, the message before. */
export function conversation(model, { id = uuid(), parent } = {}) {
  const base = `/api/organizations/${ORGANIZATION}/chat_conversations/${id}`;
  let human; // the last prompt's message

  const post = (what, body, signal) =>
    fetch(`${base}/${what}`, {
      method: 'POST',
      credentials: 'include',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify(body),
      signal,
    });

  const body = (prompt, uuids) => ({
    prompt,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    locale: navigator.language,
    personalized_styles: [],
    model,
    effort: 'medium',
    thinking_mode: 'auto',
    tools: [{ type: 'web_search_v0', name: 'web_search' }],
    turn_message_uuids: uuids,
    attachments: [],
    files: [],
    sync_sources: [],
    rendering_mode: 'messages',
  });

  return {
    /** Sends a prompt; resolves to the response of the stream. */
    complete(prompt, signal) {
      human = uuid();
      const assistant = uuid();
      const request = body(prompt, { human_message_uuid: human, assistant_message_uuid: assistant });
      if (parent) request.parent_message_uuid = parent;
      else request.create_conversation_params = { name: '', model, is_temporary: false, include_conversation_preferences: true };
      parent = assistant;
      return post('completion', request, signal);
    },
    /** The last message. */
    parent: () => parent,
    /** Asks for another answer to the last prompt. */
    retry(signal) {
      parent = uuid();
      const request = body('', { assistant_message_uuid: parent });
      request.parent_message_uuid = human;
      return post('retry_completion', request, signal);
    },
    /** Tells the backend that the person pressed stop. */
    stop: () => post('stop_response', {}).catch(() => {}),
    /** Tells the backend what the person decided about a tool call. */
    decide: (tool, allowed, option) =>
      post('tool_approval', {
        tool_use_id: tool.id,
        is_approved: allowed,
        approval_key: tool.approval_key,
        ...(allowed ? { approval_option: option } : {}),
      }).catch(() => {}),
  };
}

/** What a refused send says, as a sentence. */
export async function refusal(response) {
  const body = await response.json().catch(() => null);
  const message = body?.error?.message ?? `The server answered ${response.status}.`;
  let limit;
  try {
    limit = JSON.parse(message);
  } catch {
    return message;
  }
  if (limit?.type !== 'exceeded_limit') return message;
  const title = limit.resolved?.notice?.title ?? 'You have reached your limit';
  const until = limit.resetsAt ? new Date(limit.resetsAt * 1000) : null;
  return until ? `${title}. It resets at ${clock(until)}.` : `${title}.`;
}

function clock(date) {
  return date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
