// The address says what is shown: #s=SESSION&t=FROM-TO&sel=SPAN, times in seconds since the session's start.

function readLink() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const [from, to] = (fields.get("t") ?? "").split("-").map((text) => Number.parseFloat(text) * 1e9);
  const span = Number.parseInt(fields.get("sel") ?? "", 10);
  return { session: fields.get("s"), from, to, span: Number.isNaN(span) ? null : span };
}

function writeLink(view) {
  const fields = [`s=${encodeURIComponent(view.session.id)}`];
  if (view.from > 0 || view.to < view.shown.wall) fields.push(`t=${inSeconds(view.realTime(view.from))}-${inSeconds(view.realTime(view.to))}`);
  if (view.chosen >= 0) fields.push(`sel=${view.session.span[view.chosen]}`);
  const hash = `#${fields.join("&")}`;
  if (hash === location.hash) return;
  try {
    history.replaceState(null, "", hash);
  } catch {
    // a page that stands inside another one (srcdoc) has no address of its own
  }
}

function inSeconds(ns) {
  return String(Number((ns / 1e9).toFixed(6)));
}

// Shows what a link names, as far as it is there.
function follow(view, link) {
  if (link.to > link.from) view.show(view.drawnTime(link.from), view.drawnTime(link.to));
  const place = link.span === null ? undefined : view.session.placeOf.get(link.span);
  if (place === undefined) return;
  view.choose(place, stretchAt(view.session, place, view.session.start[place]));
  view.revealSpan(place);
}

function startLinks(view, openSession) {
  const write = debounced(() => writeLink(view), 150);
  view.listeners.push((what) => {
    if (what !== "session" || location.hash) write();
  });
  addEventListener("hashchange", () => {
    const link = readLink();
    if (!link.session) return; // a link to a part of the page
    if (link.session !== view.session.id && !openSession(link.session)) return;
    follow(view, link);
    if (link.from === undefined || Number.isNaN(link.from)) byId("waterfall").scrollIntoView();
  });
  byId("copy-link").addEventListener("click", async (event) => {
    writeLink(view);
    const button = event.currentTarget;
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "The address has it";
    setTimeout(() => (button.textContent = "Copy link"), 1500);
  });
}
