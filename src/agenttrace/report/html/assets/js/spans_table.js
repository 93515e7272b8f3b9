// The waterfall as a table: the spans of the part that is shown, those with most time on the path first.

const TABLE_ROWS = 100;

function startSpansTable(view) {
  const holder = byId("spans-table");
  const fill = debounced(() => {
    if (holder.open) fillSpansTable(view, holder.querySelector("tbody"), holder.querySelector(".note"));
  }, 200);
  holder.addEventListener("toggle", fill);
  view.listeners.push(fill);
}

function fillSpansTable(view, body, note) {
  const { session } = view;
  const [from, to] = [view.realTime(view.from), view.realTime(view.to)];
  const shown = [];
  for (const run of session.runs) {
    for (let i = firstAbove(session.end, from, run.first, run.last); i < run.last && session.start[i] < to; i++) shown.push(i);
  }
  const weight = (place) => session.critical_ns[place] || (session.end[place] - session.start[place]) / 1e6 / session.wall;
  shown.sort((one, other) => weight(other) - weight(one) || one - other);
  body.replaceChildren(...shown.slice(0, TABLE_ROWS).map((place) => spanRow(view, place)));
  const rest = shown.length > TABLE_ROWS ? `${formatCount(TABLE_ROWS)} of ` : "";
  note.textContent = `${rest}${plural(shown.length, "span")} between ${formatInstant(from, 1e6)} and ${formatInstant(to, 1e6)}`;
}

function spanRow(view, place) {
  const { session } = view;
  const choose = element("button", { class: "plain", type: "button" }, spanTitle(session, place));
  choose.addEventListener("click", () => {
    view.choose(place, stretchAt(session, place, session.start[place]));
    view.revealSpan(place);
  });
  const slack = known(session.slack_ns, place);
  const cells = [
    laneName(session, session.lane[place]),
    String(known(session.turn, place) ?? ""),
    formatInstant(session.start[place], 1e6),
    formatDuration(session.end[place] - session.start[place]),
    session.critical_ns[place] ? formatDuration(session.critical_ns[place]) : "–",
    slack === null ? "–" : slackWords(slack),
  ];
  return element("tr", {}, element("th", { scope: "row" }, choose), ...cells.map((cell, at) => element("td", { class: at ? "number" : "" }, cell)));
}
