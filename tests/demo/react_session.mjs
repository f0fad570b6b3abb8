// A person's session with the React chat: 20 turns with tools and permissions, interrupts,
// conversations back and forth, other languages; all by the page's own controls, which are found as
// a test finds them in any language. Runs in any page with Playwright's methods.

const PROMPTS = {
  bash: 'Run a command that counts the words of my poem.',
  permission: 'Ask my permission, then mail the allotment club about the seed swap.',
  plain: 'Just plain words.',
  thinking: 'Think it through: six friends all shake hands once. How many handshakes?',
  tools: 'Plan a picnic for Saturday with your tools, and put it in my calendar.',
};

const SESSION = [
  ['ask', 'tools'],
  ['ask', 'thinking'],
  ['ask', 'permission', 'allow'],
  ['ask', 'bash'],
  ['ask', 'plain'],
  ['interrupt', 'thinking', '[data-testid="assistant-text"] p'],
  ['newChat'],
  ['ask', 'tools'],
  ['ask', 'tools'], // the same words again are another turn
  ['ask', 'bash'],
  ['back'], // to the empty chat
  ['back'], // to the first conversation
  ['ask', 'tools'],
  ['ask', 'permission', 'deny'],
  ['language', 'zh'],
  ['ask', 'plain'],
  ['ask', 'bash'],
  ['interrupt', 'bash', '[data-testid="tool-card"][data-state="running"]'],
  ['language', 'ar'],
  ['ask', 'permission', 'allow'],
  ['ask', 'tools'],
  ['open', 0], // the newest: the second conversation
  ['ask', 'thinking'],
  ['ask', 'bash'],
  ['newChat'],
  ['ask', 'tools'],
  ['language', 'en'],
  ['ask', 'plain'],
];

/**
 * Runs the session. Gives `{ turns, hooks }`: what the page showed of each turn, and every hook
 * event as it is in JSON at the end, without its frame; with `rendered`, once the last of them is
 * known to be on screen.
 */
export async function runSession(page, address, { wire = true, rendered = false } = {}) {
  await page.goto(`${address}new${wire ? '' : '?wire=off'}`);
  await page.waitForSelector('[data-testid="send-button"]');
  await page.evaluate(() => {
    window.heard = [];
    window.__claudeHooks.on('*', (event) => window.heard.push(event));
  });
  const turns = [];
  for (const [act, ...how] of SESSION) {
    const turn = await ACTS[act](page, ...how, turns.length + 1);
    if (turn) turns.push(turn);
  }
  if (rendered) await page.waitForFunction(() => window.heard.findLast(({ type }) => type === 'Stop').renderedAt);
  const json = await page.evaluate(() => JSON.stringify(window.heard.map(({ raw, ...event }) => event)));
  return { turns, hooks: JSON.parse(json) };
}

const ACTS = {
  async ask(page, kind, ...rest) {
    const [answer, nth] = rest.length > 1 ? rest : [undefined, rest[0]];
    await send(page, PROMPTS[kind]);
    if (answer) await page.click(`[data-testid="permission-dialog"] [data-testid="${answer}"]`);
    return { kind, prompt: PROMPTS[kind], whole: answer !== 'deny', ...(await over(page, nth)) };
  },
  async interrupt(page, kind, when, nth) {
    // At the speed of the recording there is time to act in the middle of an answer.
    const prompt = `Slowly. ${PROMPTS[kind]}`;
    await send(page, prompt);
    await page.waitForFunction((when) => {
      const answers = document.querySelectorAll('[data-testid="assistant-message"]');
      return answers[answers.length - 1]?.matches('[data-is-streaming="true"]') && answers[answers.length - 1].querySelector(when);
    }, when);
    await page.click('[data-testid="stop-button"]');
    return { kind, prompt, whole: false, ...(await over(page, nth)) };
  },
  async newChat(page) {
    await page.click('[data-testid="new-chat"]');
    await page.waitForFunction(() => location.pathname === '/new' && !document.querySelector('[data-testid="messages"]'));
  },
  async back(page) {
    const left = await page.evaluate(() => location.pathname);
    await page.evaluate(() => history.back());
    await page.waitForFunction((left) => location.pathname !== left, left);
  },
  async open(page, nth) {
    const left = await page.evaluate(() => location.pathname);
    await page.click(`[data-testid="sidebar"] li:nth-child(${nth + 1}) [data-testid="conversation-link"]`);
    await page.waitForFunction((left) => location.pathname !== left && document.querySelector('[data-testid="user-message"]'), left);
  },
  async language(page, id) {
    await page.selectOption('[data-testid="language"]', id);
    await page.waitForFunction((id) => document.querySelector('[data-testid="conversation"]').closest('[lang]').lang === id, id);
  },
};

async function send(page, text) {
  await page.fill('[data-testid="chat-input"]', text);
  await page.click('[data-testid="send-button"]');
}

/** What the page shows of the last turn, once it is at rest and so many turns were told to be over. In one look: a
 * list that shows only what is in sight may draw itself anew between two. */
async function over(page, turns) {
  const seen = await page.waitForFunction((turns) => {
    const answers = document.querySelectorAll('[data-testid="assistant-message"]');
    const answer = answers[answers.length - 1];
    const isAtRest = document.querySelector('[data-testid="send-button"]') && !document.querySelector('[data-is-streaming="true"]');
    if (!answer || !isAtRest || window.heard.filter(({ type }) => /^Stop/.test(type)).length < turns) return null;
    return {
      conversation: location.pathname.replace('/chat/', ''),
      text: [...answer.querySelectorAll('[data-testid="assistant-text"]')].map((node) => node.textContent).join(''),
      tools: [...answer.querySelectorAll('[data-testid="tool-card"]')].map((card) => ({
        name: card.querySelector('[data-testid="tool-name"]').textContent,
        state: card.dataset.state,
      })),
    };
  }, turns);
  return seen.jsonValue();
}
