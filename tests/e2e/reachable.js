// Number what a keyboard should reach, in the order of the document, and tell what each is.
() => {
  const shown = { visibilityProperty: true, opacityProperty: false };
  const scrolls = e => e.scrollWidth > e.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  // Of a group of choices the keyboard reaches one, and arrows the others.
  const group = e => e.closest(".stButtonGroup, [role=toolbar]");
  const other = e => (group(e) && e !== group(e).querySelector("button")) || e.matches("[role=radio]:not([aria-checked=true]), input[type=radio]:not(:checked), [role=tab]:not([aria-selected=true])");
  const controls = [...document.querySelectorAll("body *")].filter(e =>
    (e.matches("a[href], button, input, select, textarea, summary, [tabindex]") && e.tabIndex >= 0 && !e.disabled && !other(e))
    || (e.matches(".stTable *, .stCode pre") && scrolls(e)));
  const reached = controls.filter(e => e.checkVisibility(shown) && !e.closest("[inert], [aria-hidden=true]"));
  window.numbered = new Map(reached.map((e, number) => [e, number]));
  return reached.map(e => `${e.tagName} ${e.dataset.testid ?? ""} ${e.ariaLabel ?? e.textContent.trim().slice(0, 60)}`);
}
