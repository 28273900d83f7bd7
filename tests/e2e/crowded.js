// What a chart draws badly: texts that are cut or small, a legend over something, numbers that touch.
() => [...document.querySelectorAll(".js-plotly-plot")].flatMap(plot => {
  const found = new Set();
  const all = selector => [...plot.querySelectorAll(selector)].filter(e => e.textContent || e.getBBox);
  const boxes = selector => all(selector).map(e => e.getBoundingClientRect());
  const apart = (a, b) => a.right < b.left + 1 || b.right < a.left + 1 || a.bottom < b.top + 1 || b.bottom < a.top + 1;
  const [svg] = boxes(".main-svg");
  const legend = boxes(".legendtext");
  for (const e of all(".legendtext, .xtick text, .ytick text, .xtitle, .ytitle, .annotation-text")) {
    const text = e.getBoundingClientRect();
    const inside = text.left >= svg.left - 1 && text.right <= svg.right + 1 && text.bottom <= svg.bottom + 1;
    if (text.width && !inside) found.add(`cut: ${e.textContent}`);
    if (parseFloat(getComputedStyle(e).fontSize) < 10) found.add(`small: ${e.textContent}`);
  }
  const drawn = boxes(".bars path, .xtitle, .xtick text");
  if (legend.some(name => drawn.some(other => !apart(name, other)))) found.add("the legend covers something");
  const numbers = boxes(".xtick text").sort((a, b) => a.left - b.left);
  for (let n = 1; n < numbers.length; n++)
    if (!apart(numbers[n - 1], numbers[n])) found.add("numbers of the axis touch");
  const name = plot.closest("[aria-label]")?.ariaLabel ?? "a chart without a name";
  return [...found].map(trouble => `${name}: ${trouble}`);
})
