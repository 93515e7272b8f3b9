// Everything that the pointer can do, by keys, while the waterfall has the focus.

const KEYS = {
  ArrowLeft: (view) => view.pan(-0.1),
  ArrowRight: (view) => view.pan(0.1),
  ArrowUp: (view) => view.scroller.scrollBy(0, -2 * ROW_HEIGHT),
  ArrowDown: (view) => view.scroller.scrollBy(0, 2 * ROW_HEIGHT),
  PageUp: (view) => view.pan(-0.9),
  PageDown: (view) => view.pan(0.9),
  "+": (view) => view.zoom(0.7),
  "=": (view) => view.zoom(0.7),
  "-": (view) => view.zoom(1 / 0.7),
  0: (view) => view.show(0, view.shown.wall),
  p: (view) => walk(view, -1),
  n: (view) => walk(view, 1),
  Home: (view) => walk(view, -Infinity),
  End: (view) => walk(view, Infinity),
  Enter: (view) => zoomToChoice(view),
  f: (view) => foldChoice(view),
  F: (view) => foldAll(view),
  i: (view) => view.skipIdle(),
  d: (view) => view.showInside(),
  "/": () => byId("search").focus(),
  "?": () => byId("keys-help").toggleAttribute("open"),
  Escape: (view) => view.choose(-1),
};

function startKeys(view) {
  view.canvas.addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action(view);
  });
  byId("zoom-in").addEventListener("click", () => view.zoom(0.6));
  byId("zoom-out").addEventListener("click", () => view.zoom(1 / 0.6));
  byId("zoom-all").addEventListener("click", () => view.show(0, view.shown.wall));
  byId("fold-all").addEventListener("click", () => foldAll(view));
  byId("show-inside").addEventListener("click", () => view.showInside());
  byId("skip-idle").addEventListener("click", () => view.skipIdle());
  view.listeners.push(() => {
    byId("show-inside").hidden = !view.session.runs.some((run) => run.inner);
    byId("show-inside").textContent = view.inside ? "Hide inner spans" : "Show inner spans";
    byId("skip-idle").hidden = !view.warp;
    byId("skip-idle").textContent = view.skipping ? "Show idle time" : "Skip idle time";
    byId("fold-all").hidden = !view.groups.length;
    byId("fold-all").textContent = view.groups.some((group) => group.folded) ? "Unfold subagents" : "Fold subagents";
  });
}

function zoomToChoice(view) {
  const { shown, chosen, stretch } = view;
  if (stretch >= 0) zoomTo(view, shown.path, stretch);
  else if (chosen >= 0) zoomTo(view, shown, chosen);
}

// The group that holds the lane of what is chosen; without a choice, all.
function foldChoice(view) {
  const lane = view.stretch >= 0 ? view.session.path.lane[view.stretch] : view.chosen >= 0 ? view.session.lane[view.chosen] : -1;
  const group = view.groups.find(({ lanes }) => lanes.includes(lane));
  if (group) fold(view, group);
  else foldAll(view);
}

function foldAll(view) {
  const folded = !view.groups.some((group) => group.folded);
  for (const group of view.groups) group.folded = folded;
  view.arrange();
  view.changed("folds");
}
