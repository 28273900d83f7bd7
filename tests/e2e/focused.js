// Tell the number of what has the focus, and whether that can be seen.
() => {
  const e = document.activeElement;
  const marks = e => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(e);
    return [outlineStyle !== "none" && parseFloat(outlineWidth) > 0, boxShadow, borderColor];
  };
  // Streamlit draws some frames around what holds the input.
  const holders = [e, e.parentElement, e.parentElement?.parentElement, e.nextElementSibling].filter(Boolean);
  const before = holders.map(marks);
  e.blur();
  const after = holders.map(marks);
  e.focus({ focusVisible: true, preventScroll: true });
  const seen = before.some(([outline, shadow, border], n) => outline || shadow !== after[n][1] || border !== after[n][2]);
  return [window.numbered.get(e) ?? null, seen];
}
