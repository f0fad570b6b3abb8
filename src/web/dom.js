// What is on screen, where the wire says nothing: looks at the end of each conversation, at most once a
// frame and only when something changed, and tells the core (src/observe.rs), which makes events of it.
//
// The page's work goes on whatever happens here: nothing is written, nothing asks for layout, and the first
// throw is the end of the observer, not of anything else. Nothing runs while the tab is hidden, while nobody
// listens to hooks, or where the address is none of a page that is known.

import { Core } from './core.js';
import { mapOf } from './dom/map.js';
import { messages as messagesOf } from './dom/messages.js';
import {
  cancelFrame, eachAdded, ELEMENT, isConnected, isHidden, isLoaded, listen, mutations, nodeType, now, reached, recordTarget,
  recordType, requestFrame, startTimer, stopTimer, unlisten, weakMap, weakSet,
} from './dom/natives.js';
import { watchNavigation } from './dom/navigation.js';
import { misses } from './dom/missed.js';
import { pages } from './dom/pages.js';
import { regionsOf } from './dom/regions.js';
import { rendered } from './dom/rendered.js';
import { gone, snapshot, tailOf } from './dom/tail.js';

// An event of the screen waits so long (ms) for the wire to tell it.
const WINDOW = 2000;
// Changes that wait for a frame; of more nothing is kept but that everything may have changed.
const WAITING = 10_000;
// What people do, and pages answer.
const ACTS = ['click', 'keydown'];

/**
 * `later(step, bytes)` has `step(core, ts)` done in its turn, `report(code, detail)` is a notice, `sinks` is where
 * events go out.
 */
export function dom(realm, options, { later, report, sinks }) {
  const { document } = realm;
  const wanted = options.dom ?? options.wire === false;
  const known = pages(document);
  const payloads = rendered();
  const numbers = weakMap();
  let lastNumber = 0;
  let failed = false;
  let core = null;
  let leaving = 0;
  // While somebody listens.
  let listened = false;
  // The core is yet to be told that nobody does any more.
  let ending = false;
  let stopNavigation = null;
  let page;
  let regions = null;
  // While the page is watched.
  let watching = false;
  let messages = null;
  let observed = null;
  let pending = [];
  let waiting = 0;
  let rescan = false;
  // Nobody looked for a while.
  let unwatched = false;
  let frame = 0;
  let timer = 0;
  let dueAt = 0;

  const safely = (step) => (value) => {
    if (failed) return;
    try {
      return step(value);
    } catch (error) {
      stop();
      report('dom_failed', String((error && error.message) || error));
    }
  };

  const observer = mutations(safely((records) => {
    pending[pending.length] = records;
    waiting += records.length;
    if (waiting > WAITING) forgetChanges(true);
    request();
  }));
  const missed = misses(report, safely(expectations));
  const look = safely(() => {
    see();
    // Once it is quiet one looks again.
    if (watching && !regions.all.length) missed.soon();
  });
  const tick = safely(() => {
    timer = dueAt = 0;
    tell('');
  });
  const moved = safely(adjust);
  const shown = safely(adjust);
  const loaded = safely(() => watching && missed.soon());
  const leave = safely(end);
  // That a shadow root was attached shows in no change; while no conversation is known it may hold one.
  const acted = safely(() => {
    if (regions.all.length) return;
    rescan = true;
    request();
  });

  const pathname = () => realm.location.pathname;

  function numberOf(element) {
    let number = numbers.get(element);
    if (!number) numbers.set(element, number = ++lastNumber);
    return number;
  }

  function tell(json) {
    later((core, ts) => {
      core.input(json);
      core.tell('look', ts);
    }, json.length);
  }

  function begin() {
    listened = true;
    const begun = () => core.tell('watch', options.wire === false ? 0 : WINDOW);
    // Else at once: so it hears what the wire told while the core was loading.
    if (ending) later(begun);
    else begun();
    listen(document, 'visibilitychange', shown);
    if (!isLoaded(document)) listen(realm, 'load', loaded);
    stopNavigation = watchNavigation(realm, moved);
    adjust();
  }

  function end() {
    leaving = 0;
    if (!listened) return;
    listened = false;
    pause();
    regions = null;
    unwatched = false;
    payloads.clear();
    stopNavigation();
    unlisten(document, 'visibilitychange', shown);
    unlisten(realm, 'load', loaded);
    // In its turn: what was seen before may begin what now ends.
    ending = true;
    later(() => {
      ending = false;
      core.tell('watch', -1);
    });
  }

  // The address, the tab's visibility or the tables may be others than before.
  function adjust() {
    if (!listened) return;
    const before = page?.table;
    page = known.at(pathname());
    if (page?.table !== before) {
      pause();
      dropAll();
    }
    if (!page) return;
    if (isHidden(document)) {
      unwatched = true;
      return pause();
    }
    if (!watching) watch();
    regions.everything();
    if (!regions.all.length) rescan = true;
    missed.soon();
    request();
  }

  function watch() {
    const { table } = page;
    watching = true;
    observed = weakSet();
    messages = messagesOf(table);
    regions ??= regionsOf(document, table, observe, numberOf);
    observe(document);
    for (let i = 0; i < ACTS.length; i++) listen(realm, ACTS[i], acted);
    forgetChanges(true);
    // The clock stood still.
    tell('');
  }

  function pause() {
    if (!watching) return;
    watching = false;
    observer.disconnect();
    for (let i = 0; i < ACTS.length; i++) unlisten(realm, ACTS[i], acted);
    forgetChanges(false);
    messages = observed = null;
    cancelFrame(frame);
    stopTimer(timer);
    missed.stop();
    frame = timer = dueAt = 0;
  }

  function dropAll() {
    if (regions) for (let i = 0; i < regions.all.length; i++) left(regions.all[i]);
    regions = null;
    missed.forget();
  }

  function left(region) {
    // What was never told of has not left.
    if (region.sent !== '') tell(gone(region.root, region.dialect));
  }

  // Whether it was not observed before.
  function observe(root) {
    if (observed.has(root)) return false;
    observed.add(root);
    const { attributes } = page.table;
    const what = { childList: true, subtree: true, characterData: true };
    // To name none is to ask for none, and that the platform refuses.
    if (attributes.length) what.attributeFilter = attributes;
    observer.observe(root, what);
    return true;
  }

  function forgetChanges(everything) {
    pending = [];
    waiting = 0;
    rescan = everything;
  }

  function request() {
    if (watching && !frame) frame = requestFrame(look);
  }

  // Once a frame, if something changed.
  function see() {
    frame = 0;
    if (!watching) return;
    pending[pending.length] = observer.take();
    if (rescan) {
      messages = messagesOf(page.table);
      regions.explore(document);
      regions.everything();
    } else for (let i = 0; i < pending.length; i++) follow(pending[i]);
    forgetChanges(false);
    if (regions.prune(left)) {
      rescan = true;
      request();
    }
    for (let i = 0; i < regions.all.length; i++) {
      const region = regions.all[i];
      if (region.dirty) shoot(region);
    }
    unwatched = false;
  }

  function follow(records) {
    const { far, farInside } = page.table;
    let elsewhere = false;
    for (let i = 0; i < records.length; i++) {
      const change = records[i];
      const type = recordType(change);
      const words = type === 'characterData';
      regions.touch(recordTarget(change), (node) => messages.forget(node, words));
      elsewhere ||= !words;
      if (!words && far) regions.search(recordTarget(change));
      if (type === 'attributes') regions.consider(recordTarget(change));
      else if (!words) {
        eachAdded(change, (node) => {
          if (nodeType(node) === ELEMENT && isConnected(node)) regions.explore(node);
        });
      }
    }
    if (!elsewhere || !farInside) return;
    // What is known of a message may be so no more, though nothing in it changed.
    messages = messagesOf(page.table);
    regions.everything();
  }

  function shoot(region) {
    region.dirty = false;
    const element = reached(region.ref);
    const { table, conversation } = page;
    const controls = regions.controlsOf(region);
    const tail = tailOf(element, table, messages);
    region.dialect = table.dialect;
    region.stopSeen ||= controls.stop;
    const { json, busy, found } = snapshot({
      root: region.root,
      dialect: table.dialect,
      conversation: regions.named(element) || conversation,
      tail,
      controls,
      hidden: unwatched,
      reads: region.reads,
    }, messages, numberOf);
    missed.see(region, busy, found, region.busy && !busy && !unwatched);
    region.busy = busy;
    region.found = found;
    if (json === region.sent) return;
    region.sent = json;
    tell(json);
  }

  // The core has read what it was told.
  function afterRead() {
    if (!watching) return;
    const due = core.tell('due');
    if (due !== dueAt) {
      stopTimer(timer);
      dueAt = due;
      timer = due ? startTimer(tick, Math.max(due - now(), 1)) : 0;
    }
    for (let i = 0; i < regions.all.length; i++) {
      const region = regions.all[i];
      const reads = !!core.tell('reads_text', region.root);
      if (reads && !region.reads) {
        region.dirty = true;
        request();
      }
      region.reads = reads;
    }
  }

  // What should be there by now, and is not.
  function expectations(facts) {
    if (!watching || !isLoaded(document)) return;
    // A shadow root that was attached late shows in no change.
    rescan = true;
    cancelFrame(frame);
    see();
    if (!regions.all.length && !page.expected) return;
    missed.tell(page.table, pathname(), regions.all, facts, ({ ref }) => {
      const { answers } = tailOf(reached(ref), page.table, messages);
      let said = false;
      for (let i = 0; i < answers.length; i++) said ||= messages.says(answers[i]);
      return said;
    });
  }

  function stop() {
    failed = true;
    stopTimer(leaving);
    try {
      end();
    } catch {
      // The core is broken, and nobody asks it any more.
    }
  }

  // Somebody listens to hooks, or nobody does any more.
  const listenedTo = safely((hooks) => {
    stopTimer(leaving);
    leaving = 0;
    if (hooks && !listened) begin();
    // One who asks for one event after the other comes back at once.
    else if (!hooks && listened) leaving = startTimer(leave, 0);
  });
  const read = safely(afterRead);
  const told = safely((payload) => {
    if (!listened || payload.source === 'dom') return;
    payloads.keep(payload);
    const here = !payload.conversationId || payload.conversationId === page?.conversation;
    if (watching && here) missed.hear(payload);
  });

  const { hook } = sinks;
  sinks.hook = (payload) => {
    told(payload);
    hook(payload);
  };
  sinks.rendered = safely(payloads.mark);

  return {
    /** The core is there. What is asked of it from now on, the observer follows. */
    start(started) {
      if (!wanted) return;
      core = started;
      core.listen = (raw, hooks) => {
        Core.prototype.listen.call(core, raw, hooks);
        listenedTo(hooks);
      };
      core.read = (reader) => {
        Core.prototype.read.call(core, reader);
        read();
      };
    },
    /** The conversation that the page's address names, or nothing. */
    conversation: safely(() => known.at(pathname())?.conversation),
    /** Selectors of a table, which may throw. */
    check: known.check,
    /** The tables given at run time that are in force. */
    repaired: safely((accepted) => {
      known.apply(accepted);
      page = undefined;
      adjust();
    }),
    mapDOM: () => mapOf(document, pathname(), known.at(pathname()), known.first),
    stop,
  };
}
