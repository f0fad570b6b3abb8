// The conversations on screen, and what stands around them: found when they come, also late, in open shadow
// roots, or several at once, and let go when they leave. What is looked for is met as it is added or as an
// attribute of it changes, so that nothing is searched but what is new; except for selectors that look at more
// than the element itself.

import {
  above, attributeOf, each, eachElement, ELEMENT, isConnected, matches, nodeType, parentOf, reached, shadowOf, weakly, weakMap,
} from './natives.js';

/** `observe(root)` is told of each open shadow root, `numberOf(element)` is an element's number. */
export function regionsOf(document, table, observe, numberOf) {
  const { parts } = table;
  const known = weakMap(); // element -> its region, null once it was let go
  const met = weakMap(); // control or dialog -> true
  let regions = [];
  let landmarks = [];
  let changed = false;
  // Roots that were searched since the last `prune`.
  let searched = [];

  function consider(element) {
    if (!matches(element, table.landmarks)) return;
    if (matches(element, parts.conversation)) {
      if (!known.get(element)) {
        const region = { ref: weakly(element), root: numberOf(element), dirty: true, sent: '', reads: false, stopSeen: false, found: null, still: 0, unstoppable: 0 };
        known.set(element, region);
        regions[regions.length] = region;
        changed = true;
      }
    } else {
      if (!met.get(element)) landmarks[landmarks.length] = weakly(element);
      met.set(element, true);
      // One that was met may be another by now.
      changed = true;
    }
  }

  function enter(element) {
    const shadow = shadowOf(element);
    if (shadow && observe(shadow)) explore(shadow);
  }

  /** Finds what is at and below `root`. */
  function explore(root) {
    if (nodeType(root) === ELEMENT) {
      consider(root);
      enter(root);
    }
    each(root, table.landmarks, consider);
    eachElement(document, root, enter);
  }

  function regionOf(node) {
    for (let at = node; at; at = above(at)) {
      const region = known.get(at);
      if (region) return region;
    }
  }

  return {
    get all() {
      return regions;
    },
    consider,
    explore,
    /** Looks again for all in the tree of `node`, once a frame: what changed there may make anything fit. */
    search(node) {
      let root = node;
      for (let at = node; at; at = parentOf(at)) root = at;
      for (let i = 0; i < searched.length; i++) if (searched[i] === root) return;
      searched[searched.length] = root;
      if (isConnected(root)) each(root, table.landmarks, consider);
    },
    /** Where something changed; `step` is told of each node on the way up. */
    touch(node, step) {
      for (let at = node; at; at = above(at)) {
        step(at);
        if (met.get(at)) changed = true;
        const region = known.get(at);
        if (region) {
          region.dirty = true;
          return;
        }
      }
    },
    everything() {
      for (let i = 0; i < regions.length; i++) regions[i].dirty = true;
    },
    /** Lets go of what has left; `left(region)` is told. Whether something may have come in its place. */
    prune(left) {
      let lost = false;
      searched = [];
      const still = [];
      for (let i = 0; i < landmarks.length; i++) {
        const element = reached(landmarks[i]);
        if (element && isConnected(element) && matches(element, table.landmarks)) still[still.length] = landmarks[i];
        else {
          changed = true;
          if (element) met.set(element, false);
        }
      }
      landmarks = still;
      // Of one inside another, the inner one is the conversation.
      const outer = weakMap();
      if (changed) {
        for (let i = 0; i < regions.length; i++) {
          const element = reached(regions[i].ref);
          const around = element && regionOf(above(element));
          if (around && isConnected(element)) outer.set(around, true);
        }
      }
      const here = [];
      for (let i = 0; i < regions.length; i++) {
        const region = regions[i];
        const element = reached(region.ref);
        const there = element && isConnected(element) && matches(element, parts.conversation);
        if (there && !outer.get(region)) {
          here[here.length] = region;
          continue;
        }
        if (element) known.set(element, null);
        lost = lost || !there;
        changed = true;
        left(region);
      }
      regions = here;
      if (changed) this.everything();
      changed = false;
      return lost;
    },
    /** The controls and dialogs of a region. What is outside of all belongs to the one at work, or the last. */
    controlsOf(region) {
      let home = regions[regions.length - 1];
      for (let i = 0; i < regions.length; i++) if (regions[i].busy) home = regions[i];
      const controls = { stop: false, send: false, wasSeen: region.stopSeen, dialogs: [] };
      for (let i = 0; i < landmarks.length; i++) {
        const element = reached(landmarks[i]);
        if (!element || (regionOf(element) || home) !== region) continue;
        if (matches(element, parts.stop)) controls.stop = true;
        else if (matches(element, parts.send)) controls.send = true;
        else if (matches(element, parts.permission)) controls.dialogs[controls.dialogs.length] = element;
      }
      return controls;
    },
    /** The conversation that a region's own attribute names, or nothing. */
    named(element) {
      return table.conversationId === '' ? null : attributeOf(element, table.conversationId);
    },
  };
}
