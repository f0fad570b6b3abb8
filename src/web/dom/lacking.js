// Which parts should have been found by now, and were not. What cannot be known to be there is not missed:
// a page need not show a tool that failed, or a question, as long as there was none.

/**
 * `facts`: what happened, by name: events of the wire; `turn`, one ended on screen, `words`, with words in its
 * answers; `still`, something answered for long and did not grow; `unstoppable`, something grew for long, and
 * no control could stop it. `shown`: the parts that were ever found; `here`: those that are, and whether
 * a card is `running`. The names of parts, those first without which others cannot be found.
 */
export function lacking(facts, shown, here) {
  const parts = [];
  const miss = (part, missed) => {
    if (missed && !shown[part]) parts[parts.length] = part;
  };
  miss('stop', facts.unstoppable || (here.growing && !here.send));
  miss('send', !here.growing && !here.stop);
  const over = facts.MessageEnd || facts.turn;
  if (over && !here.user) parts[parts.length] = 'user';
  if (over && !here.assistant) parts[parts.length] = 'assistant';
  miss('permission', facts.PermissionRequest);
  // The others are in messages of the assistant.
  if (!here.assistant) return parts;
  miss('text', facts.MessageDelta || facts.words);
  miss('growing', facts.still);
  miss('tool', facts.ToolUseStart);
  if (!shown.tool) return parts;
  miss('toolName', true);
  miss('toolDone', facts.PostToolUse && here.running);
  miss('toolFailed', facts.PostToolUseFailure);
  return parts;
}
