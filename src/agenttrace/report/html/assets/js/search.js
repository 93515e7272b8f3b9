// Finding spans by the name of the tool, the model, the agent, the kind or the phase.

function startSearch(view) {
  const field = byId("search");
  const find = debounced(() => search(view, field.value), 120);
  field.addEventListener("input", find);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && view.wanted !== field.value) search(view, field.value); // typed a moment ago
    if (event.key === "Enter") nextMatch(view, event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      field.value = "";
      search(view, "");
      view.canvas.focus();
    }
  });
  view.listeners.push((what) => {
    if (what === "session") search(view, field.value);
  });
}

function search(view, wanted) {
  const words = wanted.trim().toLowerCase();
  view.wanted = wanted;
  view.matches = words ? matching(view.session, words) : null;
  const found = view.matches ? view.matches.reduce((sum, match) => sum + match, 0) : 0;
  byId("found").textContent = words ? plural(found, "span") : "";
  view.draw();
}

function matching(session, words) {
  const hit = (text) => text.toLowerCase().includes(words);
  const names = session.names.map((name) => name !== "" && hit(name));
  const lanes = session.lanes.map((lane) => hit(laneLabel(session, lane)));
  const kinds = REPORT.kinds.map(hit);
  const phases = PHASES.map(({ name }) => hit(name));
  const turn = /^turn (\d+)$/.exec(words);
  return Uint8Array.from({ length: session.n }, (_, i) =>
    names[session.name[i]] || names[session.model[i]] || names[session.error[i]] || lanes[session.lane[i]] || kinds[session.kind[i]]
      || (turn && known(session.turn, i) === Number(turn[1]))
      || phases.some((match, phase) => match && hasPhase(session, i, phase)));
}

function hasPhase({ firstSlice, phase }, place, wanted) {
  return phase.subarray(firstSlice[place], firstSlice[place + 1]).includes(wanted);
}

// The next one by start, after the one that is chosen.
function nextMatch(view, step) {
  const { session, matches } = view;
  if (!matches) return;
  const found = Array.from(matches.keys()).filter((i) => matches[i]).sort((one, other) => session.start[one] - session.start[other] || one - other);
  if (!found.length) return;
  const at = found.indexOf(view.chosen);
  const next = found[(at < 0 ? (step > 0 ? 0 : found.length - 1) : at + step + found.length) % found.length];
  view.choose(next);
  view.revealSpan(next);
}
