// Along the critical path, stretch by stretch, with the sum of what was passed.

function startWalk(view) {
  for (const [id, step] of [["walk-first", -Infinity], ["walk-back", -1], ["walk-on", 1], ["walk-last", Infinity]]) {
    byId(id).addEventListener("click", () => walk(view, step));
  }
  view.listeners.push((what) => {
    if (what !== "time") showSum(view);
  });
}

// Towards the start with -1, towards the end with 1; the first step back is onto the last stretch.
function walk(view, step) {
  const { path } = view.session;
  if (!path.n) return;
  const from = view.stretch >= 0 ? view.stretch : step > 0 ? -1 : path.n;
  const to = Math.max(0, Math.min(path.n - 1, step === Infinity ? path.n - 1 : step === -Infinity ? 0 : from + step));
  view.choose(path.place[to] < 0 ? -1 : view.layout.seen(path.place[to]), to);
  view.revealStretch(to);
}

function showSum(view) {
  const { path, wall } = view.session;
  const sum = byId("walk-sum");
  let ns = 0;
  for (let i = view.stretch >= 0 ? view.stretch : path.n; i < path.n; i++) ns += path.end[i] - path.start[i];
  sum.dataset.ns = String(ns);
  sum.textContent = view.stretch < 0
    ? `${plural(path.n, "stretch", "stretches")}, together ${formatDuration(wall)}`
    : `stretch ${formatCount(view.stretch + 1)} of ${formatCount(path.n)}; from here to the end ${formatDuration(ns)} of ${formatDuration(wall)}`;
}
