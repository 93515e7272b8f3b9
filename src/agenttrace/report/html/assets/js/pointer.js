// Wheel, mouse and touch on the waterfall and on the strip above it.

const WHEEL_STEP = 0.0016;
const STILL = 3; // points that a hand moves by when it clicks

function startPointer(view) {
  const { canvas } = view;
  const down = new Map();
  let moved = false;

  canvas.addEventListener("wheel", (event) => wheel(view, event), { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.focus({ preventScroll: true });
    down.set(event.pointerId, event);
    moved = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return showPointed(view, event, view.at(event.offsetX, event.offsetY).place);
    moved ||= Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) > STILL;
    if (!moved) return;
    showPointed(view, event, -1);
    if (down.size === 2) pinch(view, [...down.values()], event);
    else drag(view, before, event);
    down.set(event.pointerId, event);
  });
  const up = (event) => {
    if (down.delete(event.pointerId) && !moved && event.type === "pointerup") click(view, event);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", (event) => showPointed(view, event, -1));
  canvas.addEventListener("dblclick", (event) => {
    const { place } = view.at(event.offsetX, event.offsetY);
    if (place >= 0) zoomTo(view, view.shown, place);
  });
  startStrip(view);
}

// Zooms with Ctrl (or a pinch on a touchpad) and where the waterfall has the focus; else the page scrolls.
function wheel(view, event) {
  const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  const zooms = event.ctrlKey || event.metaKey || event.altKey || document.activeElement === view.canvas;
  if (!sideways && !zooms) return;
  event.preventDefault();
  const delta = (sideways ? event.deltaX || event.deltaY : event.deltaY) * (event.deltaMode ? 30 : 1);
  if (sideways) view.pan(delta / (view.width - view.gutter));
  else view.zoom(Math.exp(delta * WHEEL_STEP * (event.ctrlKey ? 4 : 1)), view.at(event.offsetX, 0).time);
}

function drag(view, before, event) {
  view.pan((before.clientX - event.clientX) / (view.width - view.gutter));
  if (event.pointerType === "mouse") view.scroller.scrollTop += before.clientY - event.clientY;
}

function pinch(view, [one, other], event) {
  const still = one.pointerId === event.pointerId ? other : one;
  const moving = still === one ? other : one;
  const [before, now] = [Math.abs(moving.clientX - still.clientX), Math.abs(event.clientX - still.clientX)];
  const left = view.canvas.getBoundingClientRect().left;
  if (now > 8) view.zoom(before / now, view.at((event.clientX + still.clientX) / 2 - left, 0).time);
}

function click(view, event) {
  const { row, place } = view.at(event.offsetX, event.offsetY);
  if (row?.group && event.offsetX < view.gutter) fold(view, row.group);
  else view.choose(place, place < 0 ? -1 : stretchAt(view.shown, place, view.at(event.offsetX, 0).time));
}

// The stretch of the path that a span has at an instant, or what lies in it; else its first one; -1 off the path.
function stretchAt({ path }, place, time) {
  const at = firstAbove(path.end, time, 0, path.n);
  if (at < path.n && (path.place[at] === place || path.outer[at] === place)) return at;
  const first = path.place.indexOf(place);
  return first < 0 ? path.outer.indexOf(place) : first;
}

function fold(view, group, folded = !group.folded) {
  group.folded = folded;
  view.arrange();
  view.changed("folds");
}

// On a span, or on a stretch of the path.
function zoomTo(view, of, at) {
  const around = Math.max((of.end[at] - of.start[at]) * 0.08, 1e6);
  view.show(of.start[at] - around, of.end[at] + around);
}

function startStrip(view) {
  const { strip } = view;
  const timeAt = (event) => ((event.offsetX - view.gutter) / (strip.clientWidth - view.gutter)) * view.shown.wall;
  let held = null;
  strip.addEventListener("pointerdown", (event) => {
    const time = timeAt(event);
    const inside = time >= view.from && time <= view.to && view.to - view.from < view.shown.wall;
    held = { x: event.clientX, moved: false, ...(inside ? { offset: time - view.from } : { from: time }) };
    strip.setPointerCapture(event.pointerId);
  });
  strip.addEventListener("pointermove", (event) => {
    if (held) held.moved ||= Math.abs(event.clientX - held.x) > STILL;
    if (!held?.moved) return;
    const time = timeAt(event);
    if ("offset" in held) view.show(time - held.offset, time - held.offset + view.to - view.from);
    else view.show(Math.min(held.from, time), Math.max(held.from, time));
  });
  strip.addEventListener("pointercancel", () => (held = null));
  strip.addEventListener("pointerup", () => {
    if (held && "from" in held && !held.moved) {
      const half = (view.to - view.from) / 2;
      view.show(held.from - half, held.from + half);
    }
    held = null;
  });
  strip.addEventListener("dblclick", () => view.show(0, view.shown.wall));
}
