// The families of events: how many came, and a button to hide each.

import { element } from '../dom/element.js';
import { FAMILIES } from './describe.js';

/** Fills `place`. `show(family, shown)` is called when the person hides one, or wants it back. */
export function familyChips({ place, show, name = (family) => family, number = String }) {
  const counts = {};
  const numbers = {};

  function tell(family, count) {
    counts[family] = count;
    numbers[family].textContent = number(count);
  }

  for (const family of FAMILIES) {
    numbers[family] = element('b');
    tell(family, 0);
    const chip = element('button', { type: 'button', 'data-family': family, 'aria-pressed': 'true' }, name(family), numbers[family]);
    chip.addEventListener('click', () => {
      const shown = chip.getAttribute('aria-pressed') !== 'true';
      chip.setAttribute('aria-pressed', String(shown));
      show(family, shown);
    });
    place.append(chip);
  }

  return {
    count: (family) => tell(family, counts[family] + 1),
    clear() {
      for (const family of FAMILIES) tell(family, 0);
    },
  };
}
