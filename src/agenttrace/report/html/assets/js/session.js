// A session as it was embedded, in arrays: spans by row, their slices, and the path.

function readSession(data) {
  const { n } = data.spans;
  const session = {
    id: data.id,
    wall: data.wall_ns,
    startMs: data.start_ms,
    names: data.names,
    lanes: data.lanes.map(readLane),
    runs: data.runs,
    n,
    start: new Float64Array(n),
    end: new Float64Array(n),
    lane: new Int32Array(n),
    row: new Int32Array(n),
  };
  session.outer = Int32Array.from(unpack(data.spans.outer, n), (place, at) => (place ? place - 1 : at));
  placeSpans(session, data.spans);
  placeSlices(session, data);
  session.path = readPath(session, data.path);
  for (const name of ["span", "kind", "name", "model", "error", "purpose", "critical_ns"]) {
    lazily(session, name, () => unpack(data.spans[name], n));
  }
  for (const name of ["status", "turn", "input_tokens", "cache_read_tokens", "output_tokens", "slack_ns", "drag_ns"]) {
    lazily(session, name, () => (name in data.spans ? unpack(data.spans[name], n) : null));
  }
  session.laneHeldBy = new Map(session.lanes.filter((lane) => lane.heldBy >= 0).map((lane) => [lane.heldBy, lane.place]));
  lazily(session, "holders", () => new Set(session.outer.filter((outer, place) => outer !== place)));
  lazily(session, "placeOf", () => new Map(Array.from(session.span, (number, place) => [number, place])));
  return session;
}

function readLane([name, parent, turn, depth, background, heldBy], place) {
  return { place, name: name || (place ? "agent" : "main"), parent, turn, depth, background, heldBy, rows: 1, outerRows: 1 };
}

function placeSpans(session, spans) {
  const gap = unpack(spans.gap_ns, session.n);
  const length = unpack(spans.length_ns, session.n);
  let at = 0;
  session.runs = session.runs.map(([lane, row, count]) => {
    const first = at;
    let before = 0;
    for (; at < first + count; at++) {
      session.start[at] = before + gap[at];
      session.end[at] = before = session.start[at] + length[at];
      session.lane[at] = lane;
      session.row[at] = row;
    }
    const inner = session.outer[first] !== first; // a row has either outermost spans or those that lie in them
    session.lanes[lane].rows = Math.max(session.lanes[lane].rows, row + 1);
    if (!inner) session.lanes[lane].outerRows = Math.max(session.lanes[lane].outerRows, row + 1);
    return { lane, row, first, last: at, inner };
  });
}

function placeSlices(session, data) {
  const parts = unpack(data.spans.parts, session.n);
  const { n } = data.slices;
  const [gap, length] = [unpack(data.slices.gap_ns, n), unpack(data.slices.length_ns, n)];
  session.phase = Uint8Array.from(unpack(data.slices.phase, n));
  session.sliceStart = new Float64Array(n);
  session.sliceEnd = new Float64Array(n);
  session.firstSlice = new Int32Array(session.n + 1);
  let at = 0;
  for (let i = 0; i < session.n; i++) {
    let before = session.start[i];
    for (const last = at + parts[i]; at < last; at++) {
      session.sliceStart[at] = before + gap[at];
      session.sliceEnd[at] = before = length[at] ? session.sliceStart[at] + length[at] : session.end[i];
    }
    session.firstSlice[i + 1] = at;
  }
}

function readPath(session, data) {
  const { n } = data;
  const path = { n, start: new Float64Array(n), end: new Float64Array(n), place: new Int32Array(n) };
  const [length, place] = [unpack(data.length_ns, n), unpack(data.place, n)];
  let at = 0;
  for (let i = 0; i < n; i++) {
    path.start[i] = at;
    path.end[i] = at += length[i];
    path.place[i] = place[i] - 1;
  }
  path.lane = Int32Array.from(unpack(data.lane, n));
  path.phase = Uint8Array.from(unpack(data.phase, n));
  path.outer = path.place.map((span) => (span < 0 ? -1 : session.outer[span]));
  for (const name of ["purpose", "evidence", "inferred"]) {
    lazily(path, name, () => unpack(data[name], n));
  }
  return path;
}

// The first place in [first, last) of an ascending array whose value is above `value`.
function firstAbove(values, value, first, last) {
  while (first < last) {
    const middle = (first + last) >> 1;
    if (values[middle] > value) last = middle;
    else first = middle + 1;
  }
  return first;
}

// A number that may not be known: stored one higher, 0 for null.
function known(column, place) {
  return column && column[place] ? column[place] - 1 : null;
}
