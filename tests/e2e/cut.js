// What is wider than the window, and texts that are cut; what scrolls inside itself is neither.
() => {
  const named = e => e.dataset.testid || e.className || e.tagName;
  const told = e => `${named(e)}: ${(e.innerText || e.textContent).trim().slice(0, 50)}`;
  const scrolls = e => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  const inScroller = e => {
    while ((e = e.parentElement)) if (scrolls(e)) return true;
    return false;
  };
  const shown = { visibilityProperty: true, opacityProperty: true };
  const apart = "svg, [data-testid=stSidebar], [aria-hidden=true]";
  const found = new Set();
  const wide = document.scrollingElement.scrollWidth;
  if (wide > innerWidth) found.add(`the page is ${wide} pixels wide in a window of ${innerWidth}`);
  for (const e of document.querySelectorAll("body *")) {
    const { right, left, width, height } = e.getBoundingClientRect();
    if (width < 2 || height < 2 || !e.checkVisibility(shown) || e.closest(apart)) continue;
    const beyond = right > innerWidth + 1 || left < -1;
    if (beyond && !inScroller(e)) found.add(`beyond the edge, ${told(e)}`);
    const hides = ["hidden", "clip"].includes(getComputedStyle(e).overflowX);
    const isText = n => n.nodeType === Node.TEXT_NODE && n.textContent.trim();
    const cut = hides && e.scrollWidth > e.clientWidth + 1 && [...e.childNodes].some(isText);
    if (cut) found.add(`cut, ${told(e)}`);
  }
  return [...found];
}
