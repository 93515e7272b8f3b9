// Below the bars: what is chosen, in words that are read out, and what the pointer is on, in a note beside it.

function showChoice(view) {
  const panel = byId("chosen");
  if (view.chosen < 0 && view.stretch < 0) {
    panel.replaceChildren(element("p", { class: "note" }, "Nothing is chosen. Click a bar, or walk along the critical path."));
    return;
  }
  const { session } = view;
  const heading = view.chosen >= 0 ? spanTitle(session, view.chosen) : laneName(session, session.path.lane[view.stretch]);
  const facts = view.chosen >= 0 ? spanFacts(session, view.chosen) : [];
  panel.replaceChildren(element("h3", {}, heading), ...stretchWords(view), factList(facts));
}

function stretchWords({ session, stretch }) {
  if (stretch < 0) return [];
  const { path } = session;
  const words = [
    `${PHASES[path.phase[stretch]].name} for ${formatDuration(path.end[stretch] - path.start[stretch])}`,
    `for ${REPORT.purposes[path.purpose[stretch]].replace("_", " ")}`,
    `${REPORT.evidence[path.evidence[stretch]]}${path.inferred[stretch] ? ", on the path by inference" : ""}`,
  ];
  return [element("p", {}, `Stretch ${formatCount(stretch + 1)} of ${formatCount(path.n)} of the critical path: ${words.join(", ")}.`)];
}

function showPointed(view, event, place) {
  const tip = byId("pointed");
  if (view.pointed !== place) {
    view.pointed = place;
    view.draw();
    if (place >= 0) tip.replaceChildren(element("strong", {}, spanTitle(view.session, place)), factList(spanFacts(view.session, place)));
  }
  tip.hidden = place < 0;
  if (place < 0) return;
  const box = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
  const above = event.clientY + 18 + box.height > innerHeight;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${above ? Math.max(4, event.clientY - box.height - 12) : event.clientY + 18}px`;
}
