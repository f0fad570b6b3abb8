// What the button shows: that something went wrong, or that a tab is being recorded.

const texts = new Map(); // tab -> what its button shows
let redraw = () => {};

/** `given(tabId)` shows once more what the browser has taken away, as it does when a tab goes to another page. */
export const onCleared = (given) => (redraw = given);

function cleared(tabId, { status }) {
  if (!status || !texts.get(tabId)) return;
  texts.delete(tabId);
  redraw(tabId);
}

/** Shows the state of `tab`. */
export function show(tab, recording) {
  const text = tab.errors.length ? '!' : recording ? 'REC' : '';
  if (texts.get(tab.id) === text) return;
  texts.set(tab.id, text);
  // Only while there is something to show: a sleeping service worker is woken for each page of each tab.
  if ([...texts.values()].some(Boolean)) chrome.tabs.onUpdated.addListener(cleared);
  else chrome.tabs.onUpdated.removeListener(cleared);
  const showing = [
    chrome.action.setBadgeText({ tabId: tab.id, text }),
    chrome.action.setBadgeBackgroundColor({ tabId: tab.id, color: tab.errors.length ? '#b3261e' : '#7a1fa2' }),
  ];
  // The tab may be gone.
  for (const shown of showing) shown?.catch(() => {});
}

/** The tab is gone. */
export const forget = (tabId) => texts.delete(tabId);
