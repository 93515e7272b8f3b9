// The page comes to life: the waterfall with all that steers it, tables, charts.

function startWaterfall() {
  const root = byId("waterfall");
  if (!root) return null;
  root.hidden = false;
  const view = new Waterfall(root);
  const sessions = new Map();
  const openSession = (id) => {
    const holder = [...document.querySelectorAll("script.session")].find((script) => script.dataset.session === id);
    if (!holder) return false;
    if (!sessions.has(id)) sessions.set(id, readSession(JSON.parse(holder.textContent)));
    view.open(sessions.get(id));
    showSessionParts(id);
    return true;
  };
  startWalk(view);
  startSearch(view);
  startPointer(view);
  startKeys(view);
  startLinks(view, openSession);
  startSpansTable(view);
  startPicker(openSession, view);
  view.listeners.push((what) => (what === "choice" || what === "session") && showChoice(view));

  performance.mark("agenttrace-begin");
  const link = readLink();
  if (!(link.session && openSession(link.session))) openSession(document.querySelector("script.session").dataset.session);
  follow(view, link);
  view.drawNow();
  performance.measure("agenttrace-first-drawing", "agenttrace-begin");
  return view;
}

// Of several sessions, only the parts of the page that belong to the one that is open are shown.
function showSessionParts(id) {
  for (const part of document.querySelectorAll("[data-of-session]")) part.hidden = part.dataset.ofSession !== id;
  const picker = byId("session-pick");
  if (picker) picker.value = id;
  drawCharts();
}

function startPicker(openSession, view) {
  const picker = byId("session-pick");
  picker?.addEventListener("change", () => {
    openSession(picker.value);
    writeLink(view);
  });
}

for (const table of document.querySelectorAll("details.twin")) table.open = false;
const waterfall = startWaterfall();
globalThis.agenttrace = waterfall; // for whoever looks at it from the console
startSessionsTable();
startTheme(() => {
  if (waterfall) {
    waterfall.looks = phaseLooks();
    waterfall.draw();
  }
  drawCharts();
});
startPrinting(waterfall);
addEventListener("load", () => drawCharts());
addEventListener("resize", debounced(() => drawCharts(), 120)); // Plotly keeps a width that it was given
document.documentElement.dataset.ready = "yes";
