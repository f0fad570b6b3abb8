// The consumer of README.md, word for word; tests/browser/product/compat.test.mjs compares and runs it.

import type {} from 'pagetap';

const tools = new Map();

__claudeHooks.on('UserPromptSubmit', ({ prompt }) => console.log('you:', prompt));
__claudeHooks.on('PreToolUse', ({ toolId, toolName, toolInput }) => {
  tools.set(toolId, { toolName, toolInput });
});
__claudeHooks.on('PostToolUse', ({ toolId, durationMs }) => {
  console.log('tool:', tools.get(toolId), `${durationMs} ms`);
});
__claudeHooks.on('Stop', ({ lastAssistantMessage }) => console.log('answer:', lastAssistantMessage));
__claudeHooks.on('Notice', ({ code, detail, count }) => console.warn('lost:', code, detail, count));
