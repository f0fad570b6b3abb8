// The install page: which bookmarklet this browser keeps, how long they are, and what a
// click on one does.

// The one for this browser comes first.
const chromium = navigator.userAgentData?.brands.some(({ brand }) => brand === 'Chromium')
  ?? / Chrome\//.test(navigator.userAgent);
const first = document.querySelector(chromium ? '#full' : '#small');
first.classList.add('first');
first.querySelector('.fits').textContent = 'For this browser.';
first.parentElement.prepend(first);

for (const card of document.querySelectorAll('.choice .card')) {
  const link = card.querySelector('a');
  const said = card.querySelector('.said');
  const address = link.getAttribute('href');

  if (address.startsWith('javascript:')) {
    const size = address.length.toLocaleString('en');
    card.querySelector('.size').textContent = `${size} characters.`;
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
