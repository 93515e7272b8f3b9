// A span in words: the same for the pointer, the panel below and the table beside.

function spanName(session, place) {
  const name = session.names[session.name[place]];
  return name || session.names[session.model[place]] || REPORT.kinds[session.kind[place]];
}

// What a bar says: of a call that holds an agent also which one.
function barName(session, place) {
  const lane = session.laneHeldBy.get(place);
  return lane === undefined ? spanName(session, place) : `${spanName(session, place)} → ${laneName(session, lane)}`;
}

function spanTitle(session, place) {
  const kind = REPORT.kinds[session.kind[place]];
  const name = spanName(session, place);
  return name === kind ? kind : `${name} (${kind})`;
}

function laneName(session, lane) {
  return laneLabel(session, session.lanes[lane]);
}

// Pairs of what and how much; what is not known is left out.
function spanFacts(session, place) {
  const { start, end } = session;
  const turn = known(session.turn, place) ?? 0;
  const facts = [
    ["took", formatDuration(end[place] - start[place])],
    ["from", `${formatInstant(start[place], 1e6)} to ${formatInstant(end[place], 1e6)}`],
    ["lane", laneName(session, session.lane[place]) + (turn ? `, turn ${turn}` : "")],
    ...slicesOf(session, place),
    ["on the path", session.critical_ns[place] ? formatDuration(session.critical_ns[place]) : "no"],
    ...optional("slack", known(session.slack_ns, place), slackWords),
    ...optional("drag", dragOf(session, place), formatDuration),
    ...tokenFacts(session, place),
  ];
  const purpose = REPORT.purposes[session.purpose[place]];
  if (purpose !== "turn") facts.push(["for", purpose.replace("_", " ")]);
  const status = known(session.status, place);
  if (status) facts.push(["ended", REPORT.statuses[status] + errorWords(session, place)]);
  return facts;
}

// Of a span's own time; what it would be without all that lies in it is not known.
function dragOf(session, place) {
  return session.holders.has(place) ? null : known(session.drag_ns, place);
}

function slackWords(ns) {
  return ns >= 2 ** 60 ? "nothing waits for it" : formatDuration(ns);
}

function errorWords(session, place) {
  const error = session.names[session.error[place]];
  return error ? `: ${error}` : "";
}

function optional(what, value, words) {
  return value === null ? [] : [[what, words(value)]];
}

function slicesOf(session, place) {
  const [first, last] = [session.firstSlice[place], session.firstSlice[place + 1]];
  if (last - first < 2) return first < last ? [["phase", PHASES[session.phase[first]].name]] : [];
  return Array.from({ length: last - first }, (_, at) => [
    PHASES[session.phase[first + at]].name,
    formatDuration(session.sliceEnd[first + at] - session.sliceStart[first + at]),
  ]);
}

function tokenFacts(session, place) {
  const [input, cached, output] = ["input_tokens", "cache_read_tokens", "output_tokens"].map((name) => known(session[name], place));
  if (input === null && output === null) return [];
  const hit = cached === null ? "" : ` (${formatShare(cached, input)} cached)`;
  return [["tokens", `${formatTokens(input)} in${hit}, ${formatTokens(output)} out`]];
}

function factList(facts) {
  return element("dl", { class: "facts" }, ...facts.map(([what, value]) => element("div", {}, element("dt", {}, what), element("dd", {}, value))));
}
