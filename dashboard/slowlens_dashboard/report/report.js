"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const config = { responsive: true, displaylogo: false };
  const PAPER = 680;

  const look = () => {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const axis = {
      gridcolor: color("--line"),
      linecolor: color("--line"),
      zerolinecolor: color("--line"),
      automargin: true,
    };
    const font = { color: color("--text"), family: getComputedStyle(document.body).fontFamily };
    return {
      layout: {
        font: { ...font, size: 13 },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis,
        yaxis: axis,
        hoverlabel: { bgcolor: color("--raised"), bordercolor: color("--line"), font },
        modebar: { bgcolor: "rgba(0,0,0,0)", color: color("--faint"), activecolor: color("--link") },
      },
    };
  };

  let width = 0; // of the paper, while it is printed

  const draw = () => {
    for (const [name, figure] of Object.entries(figures)) {
      const place = document.getElementById(name);
      if (place === null) continue;
      const size = width ? { width, autosize: false } : { autosize: true };
      if (!place.classList.contains("js-plotly-plot")) place.replaceChildren();
      Plotly.react(place, figure.data, { ...figure.layout, ...size, template: look() }, config);
    }
  };

  const folded = () => [...document.querySelectorAll("details:not([open])")];
  let opened = [];
  addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    opened = folded().filter((each) => each.closest("figure") === null);
    for (const each of opened) each.open = true;
    width = PAPER;
    draw();
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    for (const each of opened) each.open = false;
    width = 0;
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
