// Claude Code's rows, whichever pipe they came by: draws them, once each.

import { choiceForm } from '../../chat/form.js';
import { grammar } from '../../chat/grammar.js';
import { contentText } from '../../chat/tool.js';
import { turns } from '../turn.js';

const INTERRUPTED = /^\[Request interrupted by user/;

/**
 * `send(event)` posts an event to the session. The same row may come twice: by
 * a list and by the live pipe, or because it was sent twice.
 */
export function rows(send) {
  const seen = new Set();
  const asked = new Map(); // questions by request
  const streamed = new Set(); // messages whose pieces came
  const turn = turns();
  let live = null; // the grammar of the message that is written
  let interrupted = false;

  function streamEvent(reply, event) {
    if (event.type === 'message_start') {
      live = grammar(reply);
      streamed.add(event.message.id);
    }
    live?.apply(event);
  }

  function assistant(reply, row) {
    const nested = Boolean(row.parent_tool_use_id);
    for (const block of row.message.content) {
      const wasStreamed = streamed.has(row.message.id);
      if (block.type === 'tool_use') reply.tool(block, { nested }).setInput(block.input);
      // The whole block heals what was lost of its pieces.
      else if (block.type === 'text' && row.error) reply.note(block.text, 'bad');
      else if (block.type === 'text' && wasStreamed) live?.written()?.set(block.text);
      else if (block.type === 'text') reply.text({ nested }).append(block.text);
    }
  }

  function user(reply, row) {
    const { content } = row.message;
    if (typeof content === 'string') return; // the prompt, or its echo
    for (const block of content) {
      if (block.type === 'tool_result') reply.card(block.tool_use_id)?.result(contentText(block.content) ?? '', block.is_error);
      else if (block.type === 'text' && INTERRUPTED.test(block.text)) interrupted = true;
    }
  }

  function answerQuestion(id, response) {
    send({ type: 'control_response', response: { subtype: 'success', request_id: id, response } });
  }

  function question(reply, { request_id: id, request }) {
    if (request.subtype !== 'can_use_tool' || asked.has(id)) return;
    const card = reply.tool({ id: request.tool_use_id, name: request.tool_name });
    asked.set(id, card);
    const form = request.tool_name === 'AskUserQuestion' ? choiceForm(request.input.questions) : null;
    const allow = (extra) => answerQuestion(id, { behavior: 'allow', updatedInput: form ? { ...request.input, answers: form.answers() } : request.input, toolUseID: request.tool_use_id, ...extra });
    const always = request.permission_suggestions;
    card.ask(form ? 'Claude asks you:' : `May Claude use ${request.display_name ?? request.tool_name}? ${request.description ?? ''}`, [
      { label: form ? 'Answer' : 'Allow', allows: true, said: form ? 'answered' : undefined, run: () => allow() },
      ...(always ? [{ label: 'Always allow', allows: true, run: () => allow({ updatedPermissions: always }) }] : []),
      { label: form ? 'Do not answer' : 'Deny', run: () => answerQuestion(id, { behavior: 'deny', message: 'The user does not want this.' }) },
    ], form?.node);
  }

  function result(reply, row) {
    const denied = row.permission_denials?.length > 0;
    if (interrupted) turn.over('You stopped this answer.');
    else if (row.is_error) turn.over(row.result ? undefined : row.errors?.join(' ') || 'Something went wrong.');
    else turn.over(denied ? 'It was not allowed to use a tool.' : undefined);
  }

  function system(reply, row) {
    if (row.subtype === 'init') reply.waiting('Thinking');
    if (row.subtype === 'task_started') reply.card(row.tool_use_id)?.progress(`helper: ${row.description}`);
    if (row.subtype === 'task_progress') reply.card(row.tool_use_id)?.progress(`helper uses ${row.last_tool_name}`);
  }

  return {
    /** Draws one row. */
    apply(row) {
      if (row.uuid && seen.has(row.uuid)) return;
      if (row.uuid) seen.add(row.uuid);
      const reply = turn.reply();
      if (!reply) return;
      if (row.type === 'stream_event') streamEvent(reply, row.event);
      else if (row.type === 'assistant') assistant(reply, row);
      else if (row.type === 'user') user(reply, row);
      else if (row.type === 'control_request') question(reply, row);
      else if (row.type === 'control_cancel_request') asked.get(row.request_id)?.withdraw();
      else if (row.type === 'tool_progress') reply.card(row.tool_use_id)?.progress(`running, ${row.elapsed_time_seconds} s`);
      else if (row.type === 'env_manager_log') reply.waiting(row.data.content);
      else if (row.type === 'system') system(reply, row);
      else if (row.type === 'result') result(reply, row);
      reply.grow();
    },
    begin(reply) {
      interrupted = false;
      live = null;
      return turn.begin(reply);
    },
    over: turn.over,
  };
}
