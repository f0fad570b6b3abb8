// One answer as data: what a pipe draws into, as blocks that React shows. Each change makes new
// objects of what changed and of nothing else.

/** `update(change)` gives the blocks there are to `change` and takes those it returns. */
export function replyInto(update) {
  const cards = new Map();

  function add(block) {
    let at;
    update((blocks) => {
      at = blocks.length;
      return [...blocks, block];
    });
    return (change) => update((blocks) => blocks.map((old, i) => (i === at ? { ...old, ...change(old) } : old)));
  }

  function growing(kind) {
    const sources = new Map();
    const change = add({ kind, text: '' });
    return {
      append: (text) => change((old) => ({ text: old.text + text })),
      summary: (summary) => change(() => ({ summary })),
      cite: (source) => void sources.set(source.uuid, source),
      cited(id) {
        const source = sources.get(id);
        if (!source) return;
        const label = String(source.metadata?.site_name ?? source.title).replace(/[[\]]/g, '');
        change((old) => ({ text: `${old.text} [${label}](${source.url})` }));
      },
    };
  }

  function card(call) {
    const tool = { ...call };
    let json = '';
    const block = { kind: 'tool', id: tool.id, name: tool.name, about: tool.message ?? '', state: 'running', asks: false, input: '', result: '' };
    const change = add(block);
    const made = {
      tool,
      /** Called when the person answers a question of the call. */
      ondecide: () => {},
      input: (piece) => void (json += piece),
      inputDone() {
        change(() => ({ input: pretty(json || '{}') }));
        question();
      },
      update({ type, ...changed }) {
        const asked = tool.approval_options;
        Object.assign(tool, changed);
        change(() => ({ about: tool.message ?? '' }));
        if (asked && tool.approval_options === null) change(() => ({ asks: false }));
      },
      result: (text, failed) => change(() => ({ result: text, state: failed ? 'error' : 'done', asks: false })),
      halt: () => change((old) => (old.state === 'running' ? { state: 'error', asks: false } : {})),
    };
    /** Options that stand in the call itself are asked once its input is known. */
    function question() {
      if (!Array.isArray(tool.approval_options)) return;
      const decide = (allowed) => {
        change(() => ({ asks: false }));
        made.ondecide(allowed, 'once');
      };
      change(() => ({ asks: true, decide }));
    }
    return made;
  }

  return {
    grow() {}, // React draws what changed
    note: (text, tone) => void add({ kind: 'note', text, tone }),
    text: () => growing('text'),
    thinking: () => growing('thinking'),
    tool(call) {
      if (!cards.has(call.id)) cards.set(call.id, card(call));
      return cards.get(call.id);
    },
    card: (id) => cards.get(id),
    /** The answer gets nothing more. */
    close() {
      for (const made of cards.values()) made.halt();
    },
  };
}

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
