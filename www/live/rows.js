// The list of rows: folding, unfolding, filtering, following.

import { element } from '../dom/element.js';
import { origin, rendered } from './origin.js';
import { ENGLISH } from './words.js';

const MOST = 2000;

/**
 * `count(family)` is called for each event, also for folded ones; `chosen(events, node)` when the
 * person unfolds a row. Past `most` rows the oldest go.
 */
export function rowList({ list, scroller, follow, count, chosen = () => {}, most = MOST, words = ENGLISH }) {
  let last = null;
  let began = 0;
  let beginning = false; // a turn may begin with more than one event
  let unseen = 0;
  let following = true;
  let end = 0; // how far down the list was put
  let queued = false;
  const hidden = new Set();
  const awaitRendering = rendered(words);

  /** Gives the row's node. */
  function add(event, about) {
    count(about.family);
    const opens = began === 0 || (about.begins && !beginning);
    if (opens) began = timeOf(event);
    beginning = about.begins;
    if (about.fold && last?.fold === about.fold) return fold(last, event, about);
    last = make(event, about, opens);
    list.append(last.node);
    awaitRendering(event, last.line);
    if (list.childElementCount > most) list.firstElementChild.remove();
    if (!following && !hidden.has(about.family)) unseen += 1;
    settle();
    return last.node;
  }

  function fold(row, event, about) {
    row.events.push(event);
    row.number.textContent = `×${row.events.length}`;
    if (about.piece !== null) {
      row.text += about.piece;
      row.piece.data = tail(row.text);
    }
    if (row.payload && !row.payload.hidden) fill(row);
    settle();
    return row.node;
  }

  function make(event, about, opens) {
    const offset = ((timeOf(event) - began) / 1000).toFixed(2);
    const piece = about.piece === null ? null : new Text(tail(about.piece));
    const shown = piece ? [piece] : about.parts.map((part) => element('span', {}, part));
    const line = element('span', { class: 'line' }, origin(event, words), ...shown);
    const number = element('span', { class: 'number' });
    const toggle = element('button', { type: 'button', 'aria-expanded': 'false' },
      element('span', { class: 'time' }, `+${offset}`), element('span', { class: 'name' }, about.name), line, number);
    const node = element('li', { 'data-family': about.family, class: opens ? 'opens' : null }, toggle);
    const row = { node, line, piece, number, fold: about.fold, text: about.piece ?? '', events: [event], payload: null };
    toggle.addEventListener('click', () => unfold(row, toggle));
    return row;
  }

  function unfold(row, toggle) {
    if (!row.payload) {
      row.payload = element('pre', { tabindex: '0', 'aria-label': words.payload, hidden: true });
      row.node.append(row.payload);
    }
    row.payload.hidden = !row.payload.hidden;
    toggle.setAttribute('aria-expanded', String(!row.payload.hidden));
    if (row.payload.hidden) return;
    fill(row);
    chosen(row.events, row.node);
  }

  // Payloads become text only when somebody unfolds them.
  function fill(row) {
    const { events, text } = row;
    const joined = events.length > 1 && text ? `${words.pieces(events.length)}\n${text}\n\n${words.lastPiece}\n` : '';
    row.payload.textContent = joined + printed(events[events.length - 1], words);
  }

  // One layout a frame, however many events came.
  function settle() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      if (following) {
        scroller.scrollTop = scroller.scrollHeight;
        end = scroller.scrollTop;
      }
      follow.hidden = following;
      follow.textContent = unseen === 0 ? words.follow : words.unseen(unseen);
    });
  }

  function resume() {
    following = true;
    unseen = 0;
    settle();
  }

  scroller.addEventListener('scroll', () => {
    const far = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    if (far < 8) resume();
    // Rows that came since are below, too: only the person goes up.
    else if (end - scroller.scrollTop > 48 && following) {
      following = false;
      settle();
    }
  });
  follow.addEventListener('click', resume);
  // Shown again, or in another size, its end is elsewhere.
  new ResizeObserver(settle).observe(scroller);

  return {
    add,
    show(family, shown) {
      if (shown) hidden.delete(family);
      else hidden.add(family);
      list.classList.toggle(`no-${family}`, !shown);
      settle();
    },
    clear() {
      list.replaceChildren();
      last = null;
      began = 0;
      resume();
    },
  };
}

const timeOf = ({ ts }) => (typeof ts === 'number' ? ts : 0);

function tail(text) {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 120 ? `…${line.slice(-120)}` : line;
}

function printed(event, words) {
  const seen = new WeakSet();
  const plain = (key, value) => {
    if (typeof value === 'bigint') return String(value);
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return words.shownAbove;
    seen.add(value);
    return value;
  };
  return JSON.stringify(event, plain, 2);
}
