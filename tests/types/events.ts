// The event map derives from one union: names narrow payloads, and what is wrong does not compile.

import type {
  ClaudeHooks, HookEvent, HookEventMap, HookName, MessageDeltaEvent, NoticeEvent, StopEvent, ToolUseEndEvent,
} from 'pagetap';
import { check, type Same } from './same';

declare const hooks: ClaudeHooks;

// The keys of the map are the union's tags, and each leads to the member with that tag.
check<Same<keyof HookEventMap, HookEvent['type']>>();
check<Same<HookName, HookEvent['type']>>();
check<Same<{ [K in HookName]: HookEventMap[K]['type'] }, { [K in HookName]: K }>>();
check<Same<HookEventMap['Stop'], Extract<HookEvent, { type: 'Stop' }>>>();

// A name narrows the payload.
hooks.on('MessageDelta', (event) => {
  check<Same<typeof event, MessageDeltaEvent>>();
  check<Same<typeof event.text, string>>();
  // @ts-expect-error a delta of text has no tool
  event.toolName;
});
hooks.on('ToolUseEnd', (event) => {
  const { toolId, toolName, blockIndex, toolInput }: ToolUseEndEvent = event;
  check<Same<typeof toolId, string>>();
  check<Same<typeof blockIndex, number>>();
  // @ts-expect-error JSON has to be looked at before it is used
  toolInput.command;
  return toolName;
});
hooks.on('Notice', (event) => {
  check<Same<typeof event, NoticeEvent>>();
  // @ts-expect-error notices are not numbered among the hooks
  event.seq;
  // @ts-expect-error codes are a closed list
  event.code === 'no_such_code';
});

// '*' gives the union, which its tag narrows.
hooks.on('*', (event) => {
  check<Same<typeof event, HookEvent>>();
  check<Same<typeof event.ts, number>>();
  // @ts-expect-error not every event has text
  event.text;
  switch (event.type) {
    case 'ThinkingDelta':
      check<Same<typeof event.text, string>>();
      break;
    case 'Stop':
      check<Same<typeof event, StopEvent>>();
      break;
    case 'StopFailure':
      // @ts-expect-error failures are a closed list
      event.error === 'no_such_failure';
      break;
    // @ts-expect-error there is no such event
    case 'MessageDetla':
      break;
  }
});

// @ts-expect-error there is no such event
hooks.on('MessageDetla', () => {});
// @ts-expect-error a listener must take what its name gives
hooks.on('MessageDelta', (event: ToolUseEndEvent) => event);
// @ts-expect-error nor here
hooks.off('MessageDetla', () => {});
// @ts-expect-error nor here
hooks.once('MessageDetla');

// Every name of the map can be listened to, also one that is only known at run time.
declare const name: HookName;
hooks.on(name, (event) => event.type);

// Each payload's base, and that it observes.
declare const start: HookEventMap['MessageStart'];
check<Same<typeof start.conversationId, string | null>>();
check<Same<typeof start.observed, true>>();
check<Same<HookEventMap['PreToolUse']['blocking'], false>>();
check<Same<HookEventMap['MessageEnd']['stopReason'], string | null>>();
