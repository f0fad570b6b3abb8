// The install page's buttons, their sizes, and what happens on a click.

for (const card of document.querySelectorAll('.drag')) {
  const link = card.querySelector('.bookmarklet');
  const said = card.querySelector('.said');
  const address = link.getAttribute('href');

  if (address.startsWith('javascript:')) {
    const size = address.length.toLocaleString('en');
    card.querySelector('.size').textContent = `It is ${size} characters long.`;
  }

  link.addEventListener('click', (event) => {
    event.preventDefault(); // there is no chat to watch on this page
    said.textContent = 'Drag it to the bookmarks bar; click it there, on a chat page.';
  });

  card.querySelector('.copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(address);
      said.textContent = 'Copied. Paste it as the address of a new bookmark.';
    } catch {
      said.textContent = 'The browser did not allow copying: right click the button and copy its address.';
    }
  });
}
