// Where there is no room for both halves of the page, buttons say which is shown.

export function startViews() {
  const views = document.querySelectorAll('[data-show]');
  for (const button of views) {
    button.addEventListener('click', () => {
      document.body.dataset.view = button.dataset.show;
      for (const other of views) other.setAttribute('aria-pressed', String(other === button));
    });
  }
}
