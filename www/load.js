// Loads the tap before the page's own script, or, with ?tap=off, leaves it out:
// then a bookmarklet can bring it in later. Scripts inserted with async off run
// in the order they were inserted.
(() => {
  const off = new URLSearchParams(location.search).get('tap') === 'off';
  const insert = (src, type) => {
    const script = document.createElement('script');
    script.async = false;
    script.type = type;
    script.src = src;
    document.head.append(script);
  };
  if (!off) insert('/pagetap.js', 'text/javascript');
  insert('/main.js', 'module');
})();
