// A list that grows, keeps its end in view, and does not grow for ever.

const MOST = 200;

export function lines(list, count) {
  let total = 0;

  function tell() {
    count.textContent = total ? String(total) : '';
  }

  return {
    add(node) {
      total += 1;
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
      list.append(node);
      if (list.childElementCount > MOST) list.firstElementChild.remove();
      if (atEnd) list.scrollTop = list.scrollHeight;
      tell();
    },
    clear() {
      total = 0;
      list.replaceChildren();
      tell();
    },
  };
}
