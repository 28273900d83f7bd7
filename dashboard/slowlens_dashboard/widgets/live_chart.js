// Follows one run. It polls the events that it lacks and appends them, so that watching costs no
// rerun, and zoom and tooltip survive. A late viewer starts at event 0: the same code.
// What the engine says that the steps of a proof processed.
const VERDICTS = {
  "the newest token": ["yes", "it uses its cache"],
  "all tokens again": ["no", "it does not use its cache"],
  "not counted": ["", "not counted"],
};
const SECOND = 1000;
const VISIBLE = 0.2 * SECOND, HIDDEN = 2 * SECOND, LOST = 2 * SECOND;
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
    this.stage = data.stages[0];
    this.open();
  }

  part(name) { return this.root.querySelector(`.${name}`); }

  async open() {
    this.Plotly = await load(this.data.plotly);
    if (this.closed) return;
    const options = { responsive: true, displaylogo: false, displayModeBar: false };
    await this.Plotly.newPlot(this.part("plot"), [], { ...this.data.layout, showlegend: false, ...this.look() }, options);
    this.poll();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.Plotly?.purge(this.part("plot"));
  }

  async poll() {
    const answer = await fetch(new URL(`${this.data.events}?from=${this.next}`, document.baseURI)).catch(() => null);
    if (this.closed) return;
    const body = await answer?.json().catch(() => null);
    if (!body) {
      this.say("The server does not answer. Trying again…");
      this.timer = setTimeout(() => this.poll(), LOST);
      return;
    }
    await this.apply(body.events);
    this.next = body.next;
    if (body.status === "running") this.timer = setTimeout(() => this.poll(), document.hidden ? HIDDEN : VISIBLE);
    else this.finish(body.status);
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

  onLoading({ subject, size }) { this.doing = `Loading ${subject} (${bytes(size)})…`; }

  onLoadProgress({ subject, done, size }) { this.doing = `Loading ${subject}: ${bytes(done)} of ${bytes(size)}…`; }

  onWarmingUp({ subject, cache }) {
    this.stage = this.trials.find(trial => !trial.over)?.stage ?? this.stage;
    const compiles = cache === "static" ? ". Where it compiles, the first time takes a minute" : "";
    this.doing = `Warming up ${kind(subject, cache)}, until its times are steady${compiles}…`;
  }

  onWarmedUp({ warm_up: { subject, cache, first, runs, last } }) {
    const took = `first ${duration(first * SECOND)}, last ${duration(last * SECOND)}`;
    this.doing = `Warmed up ${kind(subject, cache)} in ${counted(runs, "run")}: ${took}`;
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
    if (next?.purpose === "profile") this.doing = `${next.label}: recording every kernel of the GPU…`;
    else if (next?.purpose === "equality") this.doing = `${next.subject}: does it say the same with its cache as without? ${counted(next.tokens, "token")}…`;
    else return;
    this.stage = next.stage;
  }

  onTrialFailed({ trial: index, failure: { message } }) {
    const trial = this.trials[index];
    trial.over = true;
    const line = element("li", "failed");
    line.textContent = `${trial.label} could not be run: ${message}`;
    this.part("proof").append(line);
    this.ahead(index + 1);
  }

  onLoaded({ model: { subject, seconds, device } }) {
    this.doing = `Loaded ${subject} in ${seconds.toFixed(1)} s`;
    this.device = device.name + (device.kind === "cpu" ? ` · ${counted(device.threads, "thread")}` : "");
    if (device.memory && device.kind !== "cpu") this.load ??= ` · ${gibibytes(device.memory)}`;
  }

  onSampled({ machine }) { this.load = machine.map(words => ` · ${words}`).join(""); }

  async onTrialStarted({ trial: index }) {
    const trial = this.now = this.trials[index];
    this.doing = null;
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
    this.prove(this.trials[index], VERDICTS[work] ?? VERDICTS["not counted"]);
  }

  // -- drawing ---------------------------------------------------------------------------------

  timed() { return this.trials.filter(trial => ["speed", "curve"].includes(trial.purpose)); }

  // The probes of a round are one line.
  async trace(trial, part) {
    const key = trial.purpose === "curve" ? `${part} ${trial.label} ${trial.round}` : null;
    if (key in this.lines) return this.lines[key];
    await this.Plotly.addTraces(this.part("plot"), { ...trial[part], x: [], y: [], customdata: [] });
    if (key) this.lines[key] = this.traces;
    return this.traces++;
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
    tile.innerHTML = `<div class="name"><span></span><span class="round"></span></div><b>–</b>
      <dl><dt>speed</dt><dd>–</dd><dt>first token (TTFT)</dt><dd>–</dd><dt>last input</dt><dd>–</dd></dl>`;
    tile.querySelector("span").textContent = trial.label;
    this.part("tiles").append(tile);
    return tile;
  }

  show() {
    this.say(this.phase());
    this.part("device").textContent = this.device ? this.device + (this.load ?? "") : "";
    this.part("soon").textContent = "Each token's time is drawn here once the first trial is timed.";
    this.progress();
    this.stages();
    for (const trial of this.timed()) if (trial.ms.length) this.figures(trial);
    const { now } = this;
    const writes = now?.text && now.purpose !== "proof";
    this.part("writing").hidden = !writes;
    if (!writes) return;
    this.part("who").textContent = now.purpose === "length" ? `${now.label} writes` : `${now.label} goes on with the answer that all share`;
    const text = this.part("writing").querySelector("p");
    if (text.textContent !== now.text) {
      text.textContent = now.text;
      text.scrollTop = text.scrollHeight;
    }
  }

  progress() {
    const { done, left, answers } = this.forecast();
    const timed = this.timed();
    const known = timed.length && timed.every(({ label }) => this.trials.some(trial => trial.label === label && trial.ms.length));
    this.part("progress").firstElementChild.style.width = `${timed.length && done ? 100 * done / (done + left + answers) : 0}%`;
    const told = left ? `about ${roughly(left)} left${answers ? `, and at most ${roughly(answers)} for answers` : ""}` : `at most ${roughly(answers)} left`;
    this.part("left").textContent = known && left + answers ? `${told}; loading and warming up apart` : "";
  }

  // In milliseconds. An answer may end by itself: until one has, its limit is all that is known, and
  // ``answers`` is what that comes to at most. Then the others are taken to be as long.
  forecast() {
    const pace = this.paces();
    const ended = this.trials.filter(trial => trial.over && trial.purpose === "length").map(trial => trial.ms.length);
    const usual = Math.max(0, ...ended);
    const sum = { done: 0, left: 0, answers: 0 };
    for (const trial of this.trials) {
      const ran = trial.ms.length, each = pace(trial);
      sum.done += ran ? total(trial.ms) : trial.over ? trial.tokens * each : 0;
      if (trial.over) continue;
      const open = trial.purpose === "length" && ran >= usual;
      const tokens = trial.purpose === "length" && !open ? usual : trial.tokens;
      sum[open ? "answers" : "left"] += (tokens - ran) * each;
    }
    return sum;
  }

  // A trial takes as long a token as those of its kind did, or else as those with that cache, or as
  // all. Results are compared with the cache and without: each token is computed twice.
  paces() {
    const sums = new Map();
    for (const { label, cache, ms } of this.trials) {
      for (const key of [label, cache, "every"]) {
        const [sum, n] = sums.get(key) ?? [0, 0];
        sums.set(key, [sum + total(ms), n + ms.length]);
      }
    }
    const mean = (...keys) => {
      const [sum, n] = keys.map(key => sums.get(key)).find(found => found?.[1]) ?? [0, 1];
      return sum / n;
    };
    return ({ label, cache, purpose }) => mean(label, cache, "every") + (purpose === "equality" ? mean("on", "every") : 0);
  }

  // What is sure to come is shown from the start. How many trials there are in all is not known by
  // then, so those of a stage are counted.
  stages() {
    const met = new Set([...this.data.sure, ...this.trials.map(trial => trial.stage)]);
    const order = this.data.stages.filter(stage => met.has(stage));
    const now = order.indexOf(this.stage);
    this.part("stages").replaceChildren(...order.map((stage, place) => {
      const item = element("li", place === now ? "now" : place < now ? "done" : "");
      item.append(stage, place === now ? this.count(stage) : "");
      return item;
    }));
  }

  count(stage) {
    const trials = this.trials.filter(trial => trial.stage === stage), over = trials.filter(trial => trial.over).length;
    const count = element("span", "count");
    if (trials.length > 1) count.textContent = ` ${Math.min(over + 1, trials.length)} of ${trials.length}`;
    return count;
  }

  phase() {
    const { now, doing } = this;
    if (doing || !now) return doing ?? "Starting the measuring process…";
    const token = Math.max(1, now.ms.length);
    if (now.purpose === "proof") return `${now.label}: does it use its cache? Step ${token} of ${now.tokens}`;
    if (now.purpose === "length") return `${now.label}: does it stop by itself? Token ${token} of at most ${now.tokens}`;
    if (now.purpose === "curve") return `${now.label}: sampled at token ${now.ahead + 1} of ${this.data.tokens}, round ${now.round + 1} of ${this.rounds}`;
    const round = this.rounds > 1 ? `, round ${now.round + 1} of ${this.rounds}` : "";
    return `${now.label}: token ${token} of ${now.tokens}${round}`;
  }

  prove(trial, [kind, words]) {
    const line = element("li", ""), verdict = element("span", kind);
    const so = kind ? `the first steps took in ${trial.taken.join(", ")} tokens, so ` : "the work of its first steps was ";
    line.textContent = `${trial.label}: ${so}`;
    verdict.textContent = words;
    line.append(verdict);
    this.part("proof").append(line);
  }

  figures(trial) {
    const tile = this.tiles[trial.label];
    const [first, ...later] = trial.ms;
    tile.className = trial === this.now && !trial.over ? "tile running" : "tile";
    tile.querySelector(".round").textContent = this.rounds > 1 ? `round ${trial.round + 1}` : "";
    const mean = total(later) / later.length;
    const [speed, ttft, input] = tile.querySelectorAll("dd");
    if (later.length) {
      tile.querySelector("b").innerHTML = `${rounded(mean)} ms <small>per token</small>`;
      speed.textContent = `${rounded(SECOND / mean)} tokens/s`;
    }
    ttft.textContent = `${rounded(first)} ms`;
    input.textContent = counted(trial.taken.at(-1), "token");
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
    tag.onerror = reject;
    document.head.append(tag);
  });
  return library;
}

function total(ms) { return ms.reduce((a, b) => a + b, 0); }

function element(name, className) { return Object.assign(document.createElement(name), { className }); }

function kind(subject, cache) { return cache === "as shipped" ? `${subject} as shipped` : `${subject}, cache ${cache}`; }

function roughly(ms) {
  const seconds = ms / SECOND;
  return seconds < 55 ? `${Math.max(5, Math.round(seconds / 5) * 5)} s` : `${Math.round(seconds / 60)} min`;
}

// As the engine writes times, but with three digits also where the last one is 0: they stand still.
function rounded(number) { return number < 99.95 ? number.toPrecision(3) : Math.round(number).toLocaleString("en"); }

function duration(ms) { return ms < SECOND ? `${rounded(ms)} ms` : `${rounded(ms / SECOND)} s`; }

function counted(number, noun) { return `${number} ${noun}${number === 1 ? "" : "s"}`; }

function gibibytes(size) { return `${(size / 2 ** 30).toFixed(1)} GiB`; }

function bytes(size) { return size < 1e9 ? `${Math.round(size / 1e6)} MB` : `${(size / 1e9).toFixed(1)} GB`; }
