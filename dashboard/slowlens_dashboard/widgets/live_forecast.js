// How long a run goes on, from the trials that are planned and the steps that ran. The script of the
// live chart begins with this file.
const MS = 1000;
const SURE = 0.2; // of a comparison, after which its own pace tells more than that of the trials

// In milliseconds. An answer may end by itself: until one has, its limit is all that is known, and
// ``answers`` is what that comes to at most. Then the others are taken to be as long.
function forecast(trials) {
  const pace = paces(trials), compared = comparisons(trials, pace);
  const ended = trials.filter(trial => trial.over && trial.purpose === "length").map(trial => trial.ms.length);
  const usual = Math.max(0, ...ended);
  const sum = { done: 0, left: 0, answers: 0 };
  for (const trial of trials) {
    if (trial.purpose === "equality") {
      const { done, left } = compared(trial);
      sum.done += done;
      sum.left += left;
      continue;
    }
    const ran = trial.ms.length, each = pace(trial.label, trial.cache);
    sum.done += ran ? total(trial.ms) : trial.over ? trial.tokens * each : 0;
    if (trial.over) continue;
    const open = trial.purpose === "length" && ran >= usual;
    const tokens = trial.purpose === "length" && !open ? usual : trial.tokens;
    sum[open ? "answers" : "left"] += (tokens - ran) * each;
  }
  return sum;
}

// A trial takes as long a token as those of its kind did, or else as those with that cache, or as
// all.
function paces(trials) {
  const sums = new Map();
  for (const { label, cache, ms } of trials) {
    for (const key of [label, cache, "every"]) {
      const [sum, n] = sums.get(key) ?? [0, 0];
      sums.set(key, [sum + total(ms), n + ms.length]);
    }
  }
  return (...keys) => {
    const [sum, n] = [...keys, "every"].map(key => sums.get(key)).find(found => found?.[1]) ?? [0, 1];
    return sum / n;
  };
}

// Results are compared in four parts: n tokens with the cache, of which the first takes in the whole
// prompt, the same without it, and all at once, twice. Comparisons that have told their own pace
// tell that of the others.
function comparisons(trials, pace) {
  const on = pace("on"), off = pace("off");
  const whole = ({ tokens }) => tokens * on + (tokens + 3) * off - on;
  const soFar = ({ compared }) => {
    if (!compared) return 0;
    const half = compared.total / 2, cached = Math.min(compared.done, half) - 2, uncached = compared.done - half - 1;
    return (cached < 0 ? 0 : off + cached * on) + Math.max(0, uncached) * off;
  };
  const took = ({ compared }) => compared ? (compared.at - compared.since) * MS : 0;
  let slower = 1;
  for (const trial of trials) {
    const done = soFar(trial);
    if (took(trial) && done > SURE * whole(trial)) slower = took(trial) / done;
  }
  return trial => {
    const all = slower * whole(trial), done = trial.over ? all : Math.min(all, slower * soFar(trial));
    return { done, left: all - done };
  };
}

function total(ms) { return ms.reduce((a, b) => a + b, 0); }
