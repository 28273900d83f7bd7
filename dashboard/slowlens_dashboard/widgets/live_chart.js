// Follows one run. It polls the events that it lacks and appends them, so that watching costs no
// rerun, and zoom and tooltip survive. A late viewer starts at event 0: the same code.
// Every word that it says comes from live_chart.py, in the reader's language.
// What the engine says that the steps of a proof processed.
const VERDICTS = { "the newest token": "yes", "all tokens again": "no", "not counted": "" };
const SECOND = 1000;
// From one question to the next; of a page that is slow to draw, at least the rest in between.
const VISIBLE = 0.18 * SECOND, REST = 0.05 * SECOND, HIDDEN = 2 * SECOND, LOST = 2 * SECOND;
const PATIENCE = 10 * SECOND; // a connection that a sleep or another network cut answers never
const AWAKE = ["visibilitychange", "online", "pageshow"];
const viewers = new WeakMap();
let library;

export default function (component) {
  const { parentElement } = component;
  const viewer = viewers.get(parentElement);
  if (viewer) viewer.restyle();
  else viewers.set(parentElement, new Viewer(component));
  return () => {
    viewers.get(parentElement)?.close();
    viewers.delete(parentElement);
  };
}

class Viewer {
  constructor({ data, parentElement, setTriggerValue }) {
    this.data = data;
    this.root = parentElement.querySelector(".slowlens-live");
    this.finish = status => setTriggerValue("finished", status);
    this.next = 0;
    this.trials = [];
    this.tiles = {};
    this.lines = {};
    this.traces = 0;
    this.share = 0;
    this.stage = data.stages[0];
    this.say(this.word("starting"));
    this.awake = () => this.wake();
    for (const kind of AWAKE) (kind === "visibilitychange" ? document : window).addEventListener(kind, this.awake);
    this.open();
  }

  part(name) { return this.root.querySelector(`.${name}`); }

  word(name, values = {}) { return filled(this.data.words[name], values); }

  named(text) { return this.data.names[text] ?? text; }

  kind(subject, cache) { return this.named(cache === "as shipped" ? `${subject} as shipped` : `${subject}, cache ${cache}`); }

  // As the engine does, by its figures.
  roughly(ms) {
    const { step, minute, almost } = this.data.rough, seconds = ms / SECOND;
    if (seconds >= almost) return this.word("minutes", { number: Math.round(seconds / minute) });
    return this.word("seconds", { number: Math.max(step, Math.round(seconds / step) * step) });
  }

  counted(number, noun) { return this.word(number === 1 ? noun : `${noun}s`, { number }); }

  async open() {
    this.timer = undefined;
    this.Plotly = await load(this.data.plotly).catch(() => null);
    if (this.closed) return;
    if (!this.Plotly) {
      this.say(this.word("lost"));
      this.timer = setTimeout(() => this.open(), LOST);
      return;
    }
    const options = { responsive: true, displaylogo: false, displayModeBar: false };
    await this.Plotly.newPlot(this.part("plot"), [], { ...this.data.layout, showlegend: false, ...this.look() }, options);
    this.poll();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    for (const kind of AWAKE) (kind === "visibilitychange" ? document : window).removeEventListener(kind, this.awake);
    this.Plotly?.purge(this.part("plot"));
  }

  // Somebody looks again, or the network is back: ask now for what was missed.
  wake() {
    if (this.timer === undefined || document.hidden) return;
    clearTimeout(this.timer);
    if (this.Plotly) this.poll();
    else this.open();
  }

  async poll() {
    this.timer = undefined;
    const began = performance.now();
    const body = await this.asked();
    if (this.closed) return;
    if (!body) {
      this.say(this.word("lost"));
      this.timer = setTimeout(() => this.poll(), LOST);
      return;
    }
    await this.apply(body.events);
    if (this.closed) return;
    this.next = body.next;
    if (body.status === "running") {
      const pause = Math.max(REST, VISIBLE - (performance.now() - began));
      this.timer = setTimeout(() => this.poll(), document.hidden ? HIDDEN : pause);
      return;
    }
    if (body.status === "done") this.fill("whole", 1);
    this.finish(body.status);
    // Until this chart is taken away: what is said while the page is connected anew is not heard.
    this.again = Math.min(2 * (this.again ?? LOST), PATIENCE);
    this.timer = setTimeout(() => this.poll(), this.again);
  }

  async asked() {
    const url = new URL(`${this.data.events}?language=${this.data.language}&from=${this.next}`, document.baseURI);
    const giveUp = new AbortController(), timer = setTimeout(() => giveUp.abort(), PATIENCE);
    try {
      const answer = await fetch(url, { signal: giveUp.signal });
      return await answer.json();
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  async apply(events) {
    this.fresh = new Map();
    for (const event of events) await this[`on${event.event}`]?.(event);
    if (this.fresh.size) {
      const parts = [...this.fresh.values()];
      const update = Object.fromEntries(["x", "y", "customdata"].map(key => [key, parts.map(part => part[key])]));
      await this.Plotly.extendTraces(this.part("plot"), update, [...this.fresh.keys()]);
    }
    this.show();
  }

  // -- events ----------------------------------------------------------------------------------

  // What the first trials show decides which follow, so the list may come twice.
  onPlanned({ trials }) {
    this.trials = trials.map((trial, index) => this.trials[index] ?? { ...trial, ms: [], taken: [], text: "" });
    this.rounds = Math.max(...this.trials.map(trial => trial.round)) + 1;
    for (const trial of this.timed()) this.tiles[trial.label] ??= this.tile(trial);
  }

  onLoading({ subject, size, at }) {
    this.loading = { at, share: 0 };
    this.doing = this.word("loading", { subject: this.named(subject), size: bytes(size) });
  }

  onLoadProgress({ subject, done, size, at }) {
    const share = size ? Math.max(this.loading?.share ?? 0, done / size) : 0;
    const since = this.loading?.at ?? at, left = share ? (at - since) * SECOND * (1 - share) / share : 0;
    this.loading = { at: since, share };
    const values = { subject: this.named(subject), done: bytes(done), size: bytes(size), left: this.roughly(left) };
    this.doing = this.word(left > 2 * SECOND ? "loading-left" : "loading-some", values);
  }

  onWarmingUp({ subject, cache }) {
    this.loading = null;
    this.stage = this.trials.find(trial => !trial.over)?.stage ?? this.stage;
    this.doing = this.word(cache === "static" ? "compiling" : "warming", { kind: this.kind(subject, cache) });
  }

  onWarmedUp({ warm_up: { subject, cache, first, runs, last } }) {
    const took = { first: duration(first * SECOND), last: duration(last * SECOND), runs: this.counted(runs, "run") };
    this.doing = this.word("warmed", { kind: this.kind(subject, cache), ...took });
  }

  onComparing({ subject, done, total, at }) {
    const index = this.trials.findIndex(t => !t.over && t.purpose === "equality" && t.subject === subject);
    if (index < 0) return;
    this.ahead(index);
    const before = this.trials[index].compared;
    this.trials[index].compared = { done, total, since: before?.since ?? at, at };
  }

  // These two are followed by no other event of theirs.
  onProfiled({ profile: { subject, cache } }) { this.end("profile", subject, cache); }

  onCompared({ equality: { subject } }) { this.end("equality", subject, "off"); }

  end(purpose, subject, cache) {
    const index = this.trials.findIndex(t => !t.over && t.purpose === purpose && t.subject === subject && t.cache === cache);
    if (index < 0) return;
    this.trials[index].over = true;
    this.ahead(index + 1);
  }

  // Some trials begin without an event: say what is done in the meantime.
  ahead(index) {
    const next = this.trials[index];
    if (next?.purpose === "profile") this.doing = this.word("recording", { label: this.named(next.label) });
    else if (next?.purpose === "equality") this.doing = this.word("comparing", { subject: this.named(next.subject), tokens: this.counted(next.tokens, "token") });
    else return;
    this.loading = null;
    this.stage = next.stage;
  }

  onTrialFailed({ trial: index, failure: { message } }) {
    const trial = this.trials[index];
    trial.over = true;
    const line = element("li", "failed");
    line.textContent = this.word("failed", { label: this.named(trial.label), message });
    this.part("proof").append(line);
    this.ahead(index + 1);
  }

  onLoaded({ model: { subject, seconds, device } }) {
    this.loading = null;
    this.doing = this.word("loaded", { subject: this.named(subject), seconds: seconds.toFixed(1) });
    this.device = device.name + (device.kind === "cpu" ? ` · ${this.counted(device.threads, "thread")}` : "");
    if (device.memory && device.kind !== "cpu") this.load ??= ` · ${gibibytes(device.memory)}`;
  }

  onSampled({ machine }) { this.load = machine.map(words => ` · ${words}`).join(""); }

  async onTrialStarted({ trial: index }) {
    const trial = this.now = this.trials[index];
    this.doing = this.loading = null;
    this.stage = trial.stage;
    for (const before of this.trials.slice(0, index)) before.over = true; // some are not followed
    if (!this.timed().includes(trial)) return;
    this.part("plot").classList.remove("empty");
    trial.timeLine = await this.trace(trial, "times");
    if (trial.round === 0) trial.inputLine = await this.trace(trial, "inputs");
  }

  onStepped({ trial: index, steps, text }) {
    const trial = this.trials[index];
    trial.text += text;
    steps.seconds.forEach((seconds, number) => {
      const taken = steps.tokens_in[number], x = trial.ahead + steps.first + number + 1;
      trial.ms.push(seconds * SECOND);
      trial.taken.push(taken);
      this.add(trial.timeLine, x, seconds * SECOND, taken);
      this.add(trial.inputLine, x, taken, taken);
    });
  }

  onTrialFinished({ trial: index }) {
    this.trials[index].over = true;
    this.ahead(index + 1);
  }

  onProved({ trial: index, work }) {
    this.prove(this.trials[index], work in VERDICTS ? work : "not counted");
  }

  // -- drawing ---------------------------------------------------------------------------------

  timed() { return this.trials.filter(trial => ["speed", "curve"].includes(trial.purpose)); }

  // The probes of a round are one line.
  async trace(trial, part) {
    const key = trial.purpose === "curve" ? `${part} ${trial.label} ${trial.round}` : null;
    if (key in this.lines) return this.lines[key];
    await this.Plotly.addTraces(this.part("plot"), { ...this.look_of(trial[part]), x: [], y: [], customdata: [] });
    if (key) this.lines[key] = this.traces;
    return this.traces++;
  }

  look_of(line) {
    const said = Object.entries(line).filter(([key]) => key === "name" || key === "hovertemplate");
    return { ...line, ...Object.fromEntries(said.map(([key, text]) => [key, this.named(text)])) };
  }

  add(trace, x, y, taken) {
    if (trace === undefined) return;
    const part = this.fresh.get(trace) ?? { x: [], y: [], customdata: [] };
    part.x.push(x);
    part.y.push(y);
    part.customdata.push(taken);
    this.fresh.set(trace, part);
  }

  tile(trial) {
    const tile = element("div", "tile waiting");
    tile.style.setProperty("--color", trial.times.line.color);
    tile.innerHTML = `<div class="name"><span></span><span class="round"></span></div><b><span class="ms">–</span> <small></small></b>
      <dl><dt></dt><dd>–</dd><dt></dt><dd>–</dd><dt></dt><dd>–</dd></dl>`;
    tile.querySelector("span").textContent = this.named(trial.label);
    tile.querySelectorAll("dt").forEach((term, place) => { term.textContent = this.word(["speed", "first", "input"][place]); });
    this.part("tiles").append(tile);
    return tile;
  }

  show() {
    this.say(this.phase());
    this.part("device").textContent = this.device ? this.device + (this.load ?? "") : "";
    this.part("soon").textContent = this.word("soon");
    this.progress();
    this.stages();
    for (const trial of this.timed()) if (trial.ms.length) this.figures(trial);
    const { now } = this;
    const writes = now?.text && now.purpose !== "proof";
    this.part("writing").hidden = !writes;
    if (!writes) return;
    this.part("who").textContent = this.word(now.purpose === "length" ? "writes" : "goes-on", { label: this.named(now.label) });
    const text = this.part("writing").querySelector("p");
    if (text.textContent !== now.text) {
      text.textContent = now.text;
      text.scrollTop = text.scrollHeight;
    }
  }

  progress() {
    const { done, left, answers } = forecast(this.trials);
    const timed = this.timed();
    const known = timed.length && timed.every(({ label }) => this.trials.some(trial => trial.label === label && trial.ms.length));
    this.part("load").hidden = !this.loading;
    if (this.loading) this.fill("load", this.loading.share);
    // What is still to come may turn out to be more; what is done stays done.
    this.share = Math.max(this.share, timed.length && done ? done / (done + left + answers) : 0);
    this.fill("whole", this.share);
    const times = { left: this.roughly(left || answers), answers: this.roughly(answers) };
    const told = left ? (answers ? "left-answers" : "left") : "at-most";
    this.part("left").textContent = known && left + answers ? this.word(told, times) : "";
  }

  fill(name, share) {
    const bar = this.part(name), percent = Math.min(100, 100 * share);
    bar.firstElementChild.style.width = `${percent}%`;
    bar.setAttribute("aria-valuenow", Math.round(percent));
    bar.setAttribute("aria-label", this.word(name === "load" ? "bar-load" : "bar"));
  }

  // What is sure to come is shown from the start. How many trials there are in all is not known by
  // then, so those of a stage are counted.
  stages() {
    const met = new Set([...this.data.sure, ...this.trials.map(trial => trial.stage)]);
    const order = this.data.stages.filter(stage => met.has(stage));
    const now = order.indexOf(this.stage);
    this.part("stages").replaceChildren(...order.map((stage, place) => {
      const item = element("li", place === now ? "now" : place < now ? "done" : "");
      item.append(this.named(stage), place === now ? this.count(stage) : "");
      return item;
    }));
  }

  count(stage) {
    const trials = this.trials.filter(trial => trial.stage === stage), over = trials.filter(trial => trial.over).length;
    const count = element("span", "count");
    if (trials.length > 1) count.textContent = ` ${this.word("place", { number: Math.min(over + 1, trials.length), total: trials.length })}`;
    return count;
  }

  phase() {
    const { now, doing } = this;
    if (doing || !now) return doing ?? this.word("starting");
    const values = {
      label: this.named(now.label), token: Math.max(1, now.ms.length), tokens: now.tokens,
      place: now.ahead + 1, all: this.data.tokens, round: now.round + 1, rounds: this.rounds,
    };
    if (now.purpose === "speed") return this.word(this.rounds > 1 ? "timing-round" : "timing", values);
    return this.word({ proof: "proving", length: "answering", curve: "sampling" }[now.purpose] ?? "timing", values);
  }

  prove(trial, work) {
    const kind = VERDICTS[work];
    const line = element("li", ""), verdict = element("span", kind);
    line.textContent = this.word(kind ? "steps-took" : "steps-unknown", { label: this.named(trial.label), taken: trial.taken.join(", ") });
    verdict.textContent = this.word(`cache-${kind || "unknown"}`);
    line.append(" ", verdict);
    this.part("proof").append(line);
  }

  figures(trial) {
    const tile = this.tiles[trial.label];
    const [first, ...later] = trial.ms;
    tile.className = trial === this.now && !trial.over ? "tile running" : "tile";
    tile.querySelector(".round").textContent = this.rounds > 1 ? this.word("round", { round: trial.round + 1 }) : "";
    const mean = total(later) / later.length;
    const [speed, ttft, input] = tile.querySelectorAll("dd");
    if (later.length) {
      tile.querySelector(".ms").textContent = `${rounded(mean)} ms`;
      tile.querySelector("small").textContent = this.word("each");
      speed.textContent = `${rounded(SECOND / mean)} tokens/s`;
    }
    ttft.textContent = `${rounded(first)} ms`;
    input.textContent = this.counted(trial.taken.at(-1), "token");
  }

  say(text) {
    const what = this.part("what");
    if (what.textContent !== text) what.textContent = text;
  }

  look() {
    const css = name => getComputedStyle(this.root).getPropertyValue(name).trim();
    const axis = { gridcolor: css("--st-border-color"), zerolinecolor: css("--st-border-color"), linecolor: css("--st-border-color") };
    const { layout } = this.data;
    return {
      font: { family: css("--st-font"), size: 13, color: css("--st-text-color") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: css("--st-background-color"), bordercolor: css("--st-border-color"), font: { color: css("--st-text-color") } },
      xaxis: { ...layout.xaxis, ...axis, range: [0, this.data.tokens + 1] }, yaxis: { ...layout.yaxis, ...axis }, yaxis2: { ...layout.yaxis2, ...axis },
    };
  }

  restyle() {
    const plot = this.root.querySelector(".plot");
    if (!this.Plotly || !plot.layout) return;
    const { font, hoverlabel, xaxis: { gridcolor } } = this.look();
    const grids = ["xaxis", "yaxis", "yaxis2"].flatMap(axis => ["gridcolor", "zerolinecolor", "linecolor"].map(key => [`${axis}.${key}`, gridcolor]));
    this.Plotly.relayout(plot, { font, hoverlabel, ...Object.fromEntries(grids) });
  }
}

function load(source) {
  library ??= new Promise((resolve, reject) => {
    const tag = element("script", "");
    tag.src = new URL(source, document.baseURI);
    tag.onload = () => resolve(window.Plotly);
    tag.onerror = () => {
      library = undefined; // the next one asks again
      reject();
    };
    document.head.append(tag);
  });
  return library;
}

function element(name, className) { return Object.assign(document.createElement(name), { className }); }

function filled(text, values) { return text.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole); }

// As the engine writes times, but with three digits also where the last one is 0: they stand still.
function rounded(number) { return number < 99.95 ? number.toPrecision(3) : Math.round(number).toLocaleString("en"); }

function duration(ms) { return ms < SECOND ? `${rounded(ms)} ms` : `${rounded(ms / SECOND)} s`; }

function gibibytes(size) { return `${(size / 2 ** 30).toFixed(1)} GiB`; }

function bytes(size) { return size < 1e9 ? `${Math.round(size / 1e6)} MB` : `${(size / 1e9).toFixed(1)} GB`; }
