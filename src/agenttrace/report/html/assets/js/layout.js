// Which rows stand below each other: lanes with their rows, and subagents folded under the turn that spawned them.

const ROW_HEIGHT = 20;
const BAR_HEIGHT = 13;
const MANY_ROWS = 24;

// Groups of lanes that one turn of one agent spawned, in the order of their first lane.
function laneGroups(session) {
  const groups = new Map();
  for (const lane of session.lanes) {
    if (lane.parent < 0) continue;
    const key = `${lane.parent}/${lane.turn}`;
    if (!groups.has(key)) groups.set(key, { key, parent: lane.parent, turn: lane.turn, lanes: [], folded: false });
    groups.get(key).lanes.push(lane.place);
  }
  return [...groups.values()];
}

function foldByDefault(session, groups) {
  const rows = session.lanes.reduce((sum, lane) => sum + lane.outerRows, 0);
  for (const group of groups) group.folded = rows > MANY_ROWS;
}

// Rows for display, and in which of them spans and stretches of the path are. In a folded group all lanes share a row;
// what lies inside other spans has rows only with `inside`, and is else in that of the outermost span around it.
function layOut(session, groups, inside) {
  const rows = [];
  const firstRow = new Int32Array(session.lanes.length);
  const shared = new Uint8Array(session.lanes.length);
  const below = new Map();
  for (const group of groups) below.set(group.parent, [...(below.get(group.parent) ?? []), group]);

  const addLane = (place) => {
    const lane = session.lanes[place];
    firstRow[place] = rows.length;
    for (let row = 0; row < (inside ? lane.rows : lane.outerRows); row++) rows.push({ runs: [], label: row ? "" : laneLabel(session, lane), lane: place });
    for (const group of below.get(place) ?? []) addGroup(group);
  };
  const addGroup = (group) => {
    const index = rows.length;
    rows.push({ runs: [], label: groupLabel(group), group, lane: group.lanes[0], depth: session.lanes[group.lanes[0]].depth });
    if (!group.folded) group.lanes.forEach(addLane);
    else group.lanes.forEach((place) => share(place, index));
  };
  const share = (place, index) => {
    firstRow[place] = index;
    shared[place] = 1;
    for (const group of below.get(place) ?? []) group.lanes.forEach((lane) => share(lane, index));
  };
  session.lanes.filter((lane) => lane.parent < 0).forEach((lane) => addLane(lane.place));

  const rowOf = (lane, row) => firstRow[lane] + (shared[lane] ? 0 : row);
  for (const run of session.runs) if (inside || !run.inner) rows[rowOf(run.lane, run.row)].runs.push(run);
  const seen = (place) => (inside ? place : session.outer[place]);
  const ofSpan = (place) => rowOf(session.lane[place], session.row[seen(place)]);
  const ofStretch = ({ place, lane }, at) => (place[at] < 0 ? rowOf(lane[at], 0) : ofSpan(place[at]));
  return { rows, seen, ofSpan, ofStretch, height: rows.length * ROW_HEIGHT };
}

function laneLabel(session, lane) {
  return lane.parent < 0 ? lane.name : `${lane.name} #${lane.place}${lane.background ? " (background)" : ""}`;
}

function groupLabel(group) {
  const turn = group.turn ? `turn ${group.turn}: ` : "";
  return `${turn}${plural(group.lanes.length, "subagent")}`;
}
