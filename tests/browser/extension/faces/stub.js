// A stand-in for the browser's interface and for the extension's background, put into a page before
// its scripts. `window.stub` is how a test sees and steers it.

window.installStub = ({ messages, given }) => {
  const listeners = () => {
    const all = [];
    return { addListener: (fn) => all.push(fn), tell: (...args) => all.forEach((fn) => fn(...args)) };
  };
  const stub = {
    sent: [], // all that pages asked
    asked: [], // permissions: {origins, permissions or data_collection, inClick}
    reloads: [],
    opened: [],
    ports: [],
    allow: true,
    granted: ['https://claude.ai'],
    dead: false,
    refusals: {}, // by the name of what is asked: {error, detail}
    settings: {
      version: 1,
      sites: { 'https://claude.ai': { on: true } },
      layers: { hooks: true, raw: false },
      redaction: [],
      limits: { recordedEvents: 200000, recordedBytes: 268435456, shown: 2000 },
      collectors: [],
    },
    problems: [],
    told: {}, // by a collector's id: how it stands, as the background says it
    preview: { requests: [], events: 0 },
    tried: { accepted: true, status: 200, why: null, reached: true },
    recordings: [],
    recorded: {}, // id: events
    feed: [], // what a live port tells first
    manifest: {},
    tab: { id: 7, windowId: 1, active: true },
    ...structuredClone(given),
  };
  stub.state = {
    origin: 'https://claude.ai', known: true, granted: true, on: true, installed: true, encoding: 'wasm',
    counters: { hooks: 0, raw: 0, notices: 0, dropped: 0 }, recording: null, last: [], errors: [],
    ...stub.state,
  };
  window.stub = stub;

  const permissionOf = (origin) => stub.granted.includes(origin);
  const namesOf = ({ origins = [], permissions = [], data_collection: data = [] }) => [...origins.map((origin) => origin.replace(/\/\*$/, '')), ...permissions, ...data];
  const answers = {
    state: () => ({ ...stub.state }),
    site: ({ origin, on }) => {
      stub.settings.sites[origin] = { on };
      if (origin === stub.state.origin) Object.assign(stub.state, { known: true, on, granted: permissionOf(origin) });
    },
    record: () => {
      stub.state.recording = { id: 'new', since: 1_790_000_000_000, events: 0, bytes: 0 };
      return { recording: stub.state.recording };
    },
    stop: () => {
      const { id, since, events, bytes } = stub.state.recording;
      stub.recordings.push({ id, origin: stub.state.origin, title: 'Claude', since, until: since + 60_000, events, bytes });
      stub.state.recording = null;
      return { recording: null };
    },
    recordings: () => ({ recordings: structuredClone(stub.recordings) }),
    recording: ({ id, from, count }) => {
      const events = stub.recorded[id] ?? [];
      return { events: events.slice(from, from + count), more: from + count < events.length };
    },
    forget: ({ id }) => {
      stub.recordings = stub.recordings.filter((recording) => recording.id !== id);
    },
    forgetSite: ({ origin }) => {
      delete stub.settings.sites[origin];
    },
    settings: ({ settings }) => {
      if (settings) stub.settings = { ...stub.settings, ...structuredClone(settings) };
      return { settings: structuredClone(stub.settings), problems: settings ? [] : stub.problems };
    },
    collectors: () => ({
      collectors: stub.settings.collectors.map(({ id, to, on }) => ({
        id, granted: permissionOf(new URL(to).origin.replace(/:\d+$/, '')), running: on, why: null, stats: null, ...structuredClone(stub.told[id]),
      })),
    }),
    preview: () => structuredClone(stub.preview),
    try: () => ({ ...stub.tried }),
    retry: ({ id }) => {
      stub.told[id] = { ...stub.told[id], stats: { ...stub.told[id]?.stats, state: 'sending', why: null } };
    },
  };

  const browser = {
    runtime: {
      async sendMessage(message) {
        if (stub.dead) throw new Error('Could not establish connection.');
        const sent = structuredClone(message);
        stub.sent.push(sent);
        const name = message.ask ?? message.do;
        if (stub.refusals[name]) return { ok: false, ...stub.refusals[name] };
        return { ok: true, ...answers[name](sent) };
      },
      connect({ name }) {
        const port = { name, onMessage: listeners(), onDisconnect: listeners(), disconnect() {}, postMessage() {} };
        stub.ports.push(port);
        queueMicrotask(() => {
          if (stub.dead) return port.onDisconnect.tell();
          port.onMessage.tell({ events: structuredClone(stub.feed) });
        });
        return port;
      },
      getManifest: () => stub.manifest,
      openOptionsPage: () => stub.opened.push('options'),
    },
    i18n: {
      getUILanguage: () => messages.language.message,
      getMessage: (key, rest = []) => (messages[key]?.message ?? '').replace(/\$(\d)/g, (_, at) => rest[at - 1] ?? ''),
    },
    tabs: {
      query: async () => [{ ...stub.tab }],
      reload: async (id) => stub.reloads.push(id),
      onActivated: listeners(),
      onUpdated: listeners(),
    },
    permissions: {
      // The browser refuses it outside of a click; after an await there is none.
      request(wanted) {
        stub.asked.push({ ...wanted, inClick: window.event !== undefined });
        if (stub.allow) stub.granted.push(...namesOf(wanted));
        return Promise.resolve(stub.allow);
      },
      contains: async (wanted) => namesOf(wanted).every((name) => stub.granted.includes(name)),
      remove: async (unwanted) => {
        stub.granted = stub.granted.filter((name) => !namesOf(unwanted).includes(name));
        return true;
      },
    },
    sidePanel: { open: async ({ tabId }) => stub.opened.push(`panel ${tabId}`) },
    devtools: {
      inspectedWindow: { tabId: 7 },
      panels: { create: (...args) => stub.opened.push(args) },
    },
  };
  stub.browser = browser;
  stub.tell = (message) => stub.ports.at(-1).onMessage.tell(structuredClone(message));
  window.chrome = browser;
};
