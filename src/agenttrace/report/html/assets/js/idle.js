// Idle time drawn short: stretches in which the session waited for its user, or was suspended, keep a little room.

const IDLE = ["user", "suspended"].map((name) => PHASES.findIndex((phase) => phase.name === name));
const IDLE_ROOM = 0.015; // of the time that is not idle, for each stretch at most
const MUCH_IDLE = 0.4; // of the wall time: then it is drawn short from the start

// Where the scale changes: instants as they are, and as they are drawn. Null where nothing is idle for long.
function idleWarp(session) {
  const { path, wall } = session;
  const stretches = [];
  for (let i = 0; i < path.n; i++) {
    if (!IDLE.includes(path.phase[i])) continue;
    if (stretches.length && stretches.at(-1).end === path.start[i]) stretches.at(-1).end = path.end[i];
    else stretches.push({ start: path.start[i], end: path.end[i] });
  }
  const idle = stretches.reduce((sum, { start, end }) => sum + end - start, 0);
  const room = (wall - idle || wall) * IDLE_ROOM;
  const long = stretches.filter(({ start, end }) => end - start > room);
  if (!long.length) return null;
  const warp = { real: [0], drawn: [0], much: idle > MUCH_IDLE * wall, long };
  const add = (real, drawn) => {
    warp.real.push(real);
    warp.drawn.push(drawn);
  };
  for (const { start, end } of long) {
    const before = warp.drawn.at(-1) + start - warp.real.at(-1);
    if (start > 0) add(start, before);
    add(end, before + room);
  }
  if (wall > warp.real.at(-1)) add(wall, warp.drawn.at(-1) + wall - warp.real.at(-1));
  return warp;
}

function between(from, to, value) {
  const at = Math.max(1, Math.min(from.length - 1, firstAbove(from, value, 0, from.length)));
  const share = (value - from[at - 1]) / (from[at] - from[at - 1]);
  return to[at - 1] + share * (to[at] - to[at - 1]);
}

// The session with other times: names, lanes and all that is told of it stay.
function warped(session, warp) {
  const drawn = (times) => times.map((time) => between(warp.real, warp.drawn, time));
  const path = Object.create(session.path);
  Object.assign(path, { start: drawn(session.path.start), end: drawn(session.path.end) });
  const shown = Object.create(session);
  for (const name of ["start", "end", "sliceStart", "sliceEnd"]) shown[name] = drawn(session[name]);
  return Object.assign(shown, { path, wall: warp.drawn.at(-1) });
}
