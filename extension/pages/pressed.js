// Buttons of which one is pressed.

/** `chosen(value)` when the person presses another; `name` is the data attribute with the value. */
export function oneOf(group, name, chosen) {
  const buttons = [...group.querySelectorAll(`[data-${name}]`)];
  for (const button of buttons) {
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      chosen(button.dataset[name]);
    });
  }
}
