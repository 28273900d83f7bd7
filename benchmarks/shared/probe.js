// What a click causes, in milliseconds of the page's own clock; see browsing.py.
(() => {
  const EMPTY = 40; // characters: not even a title and a sentence
  const now = () => performance.now();
  const probe = (window.probe = { frames: 0, bytes: 0 });
  const main = () => document.querySelector("[data-testid=stMain]");
  const state = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState;
  const text = () => main()?.textContent.length ?? 0;

  probe.arm = () => Object.assign(probe, {
    clicked: null, changed: 0, received: 0, finished: 0, painted: 0, shown: 0, ran: false,
    seen: 0, top: 0, least: Infinity, dimmed: 0, jumped: 0, long: 0, drawn: 0,
  });
  probe.quiet = milliseconds => {
    const last = Math.max(probe.clicked, probe.changed, probe.received, probe.painted);
    return probe.clicked !== null && state() !== "running" && now() - last > milliseconds;
  };
  probe.answer = () => ({
    took: Math.max(probe.changed ? probe.painted : 0, probe.received, probe.clicked) - probe.clicked,
    shown: Math.max(probe.shown, probe.clicked) - probe.clicked,
    seen: (probe.seen || probe.clicked) - probe.clicked,
    finished: probe.finished ? probe.finished - probe.clicked : null,
    blank: probe.least < EMPTY,
    dimmed: probe.dimmed, jumped: probe.jumped, long: probe.long, ran: probe.ran,
  });

  const begin = event => {
    if (probe.clicked !== null) return;
    Object.assign(probe, { clicked: event.timeStamp, top: main()?.scrollTop ?? 0, before: text() });
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, begin, true);

  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        probe.received = now();
        probe.frames += 1;
        probe.bytes += data.size ?? data.byteLength ?? data.length;
      });
    }
  };

  const element = node => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);
  const placesOf = ({ target, addedNodes }) => [...(addedNodes.length ? addedNodes : [target])].map(element);
  const onScreen = place => {
    if (!place?.isConnected) return false;
    const { top, bottom, width } = place.getBoundingClientRect();
    return width > 0 && bottom > 0 && top < innerHeight;
  };

  const watch = records => {
    const own = records.filter(({ target }) => !target.parentElement?.closest("[data-testid=stStatusWidget], [data-testid=stToolbar]"));
    const changes = own.filter(({ type }) => type !== "attributes");
    if (changes.length) {
      probe.changed = now();
      const places = new Set(changes.flatMap(placesOf));
      requestAnimationFrame(() => {
        probe.painted = now();
        if ([...places].some(onScreen)) probe.shown = probe.painted;
      });
    }
    if (own.some(({ attributeName }) => attributeName === "data-test-script-state")) {
      if (state() === "running") probe.ran = true;
      else probe.finished = now();
    }
  };
  new MutationObserver(watch).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-test-script-state"],
  });
  new PerformanceObserver(list => list.getEntries().forEach(each => { probe.long += each.duration; }))
    .observe({ type: "longtask", buffered: false });

  const look = () => {
    const shown = main();
    if (shown && probe.clicked !== null) {
      probe.drawn += 1;
      const length = text();
      probe.least = Math.min(probe.least, length);
      if (!probe.seen && length !== probe.before && length >= EMPTY) probe.seen = now();
      if (shown.scrollTop !== probe.top) probe.jumped = Math.max(probe.jumped, Math.abs(shown.scrollTop - probe.top));
      const stale = [...shown.querySelectorAll("[data-stale=true]")];
      if (stale.some(each => getComputedStyle(each).opacity < 0.9)) probe.dimmed += 1;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  probe.arm();
})();
