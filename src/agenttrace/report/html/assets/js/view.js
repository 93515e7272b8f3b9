// What the waterfall shows: which session, from when to when, and what is chosen in it. All drawing starts here.

const LEAST_NS = 1000;

class Waterfall {
  constructor(root) {
    this.canvas = root.querySelector("canvas.bars");
    this.strip = root.querySelector("canvas.minimap");
    this.scroller = root.querySelector(".scroller");
    this.spacer = root.querySelector(".spacer");
    this.listeners = [];
    this.inside = false;
    this.looks = phaseLooks();
    this.pending = false;
    new ResizeObserver(() => this.measure()).observe(this.scroller);
    addEventListener("resize", () => this.session && this.fit());
    this.scroller.addEventListener("scroll", () => this.draw());
  }

  open(session) {
    this.session = session;
    this.groups = laneGroups(session);
    foldByDefault(session, this.groups);
    this.warp = idleWarp(session);
    this.skipping = Boolean(this.warp?.much);
    this.shown = this.skipping ? warped(session, this.warp) : session;
    Object.assign(this, { from: 0, to: this.shown.wall || 1, chosen: -1, pointed: -1, stretch: -1, matches: null, minimap: null });
    this.arrange();
    this.scroller.scrollTop = 0;
    this.changed("session");
  }

  // Draws idle time short, or as long as it was; what is shown stays.
  skipIdle(skipping = !this.skipping) {
    if (!this.warp || skipping === this.skipping) return;
    const [from, to] = [this.realTime(this.from), this.realTime(this.to)];
    this.skipping = skipping;
    this.shown = skipping ? warped(this.session, this.warp) : this.session;
    this.show(this.drawnTime(from), this.drawnTime(to));
    this.changed("idle");
  }

  // Shows what lies inside other spans in rows of its own, or the outermost ones only.
  showInside(inside = !this.inside) {
    this.inside = inside;
    this.arrange();
    this.changed("folds");
  }

  realTime(drawn) {
    return this.skipping ? between(this.warp.drawn, this.warp.real, drawn) : drawn;
  }

  drawnTime(real) {
    return this.skipping ? between(this.warp.real, this.warp.drawn, real) : real;
  }

  // After something was folded or unfolded.
  arrange() {
    this.layout = layOut(this.session, this.groups, this.inside);
    this.spacer.style.height = `${this.layout.height + RULER_HEIGHT}px`;
    this.fit();
  }

  // As high as its rows, if the window is.
  fit() {
    this.scroller.style.height = `${Math.min(this.layout.height + RULER_HEIGHT + 4, Math.max(220, innerHeight * 0.62))}px`;
    this.measure();
  }

  measure() {
    if (!this.session) return;
    this.width = this.scroller.clientWidth;
    this.height = this.scroller.clientHeight;
    this.ratio = Math.min(3, devicePixelRatio || 1);
    this.gutter = this.width < 560 ? 92 : 190;
    this.draw();
  }

  // Shows a stretch of time as it is drawn, as far as there is one.
  show(from, to) {
    const { wall } = this.shown;
    const length = Math.min(Math.max(to - from, Math.min(LEAST_NS, wall)), wall) || 1;
    this.from = Math.max(0, Math.min(from, wall - length));
    this.to = this.from + length;
    this.draw();
    this.changed("time");
  }

  zoom(factor, at = (this.from + this.to) / 2) {
    this.show(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  pan(share) {
    const by = (this.to - this.from) * share;
    this.show(this.from + by, this.to + by);
  }

  choose(place, stretch = -1) {
    Object.assign(this, { chosen: place, stretch });
    this.draw();
    this.changed("choice");
  }

  // Brings a stretch of the path into the picture, or a span, without zooming further in than it must.
  revealStretch(at) {
    const { path } = this.shown;
    this.reveal(path.start[at], path.end[at], this.layout.ofStretch(path, at));
  }

  revealSpan(place) {
    this.reveal(this.shown.start[place], this.shown.end[place], this.layout.ofSpan(place));
  }

  reveal(start, end, row) {
    const length = this.to - this.from;
    if (end - start > length) this.show(start - (end - start) * 0.1, end + (end - start) * 0.1);
    else if (start < this.from || end > this.to) this.show((start + end) / 2 - length / 2, (start + end) / 2 + length / 2);
    const y = row * ROW_HEIGHT;
    const room = this.scroller.clientHeight - RULER_HEIGHT - ROW_HEIGHT;
    if (y < this.scroller.scrollTop || y > this.scroller.scrollTop + room) this.scroller.scrollTop = y - room / 2;
  }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.drawNow();
    });
  }

  drawNow() {
    if (!this.session || !this.width) return;
    this.top = this.scroller.scrollTop;
    this.scale = (this.width - this.gutter) / (this.to - this.from);
    const [wide, high] = [Math.round(this.width * this.ratio), Math.round(this.height * this.ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      Object.assign(this.canvas, { width: wide, height: high });
      this.canvas.style.height = `${this.height}px`;
    }
    const context = this.canvas.getContext("2d", { alpha: false });
    if (this.image?.width !== wide || this.image?.height !== high) this.image = context.createImageData(wide, high);
    paintBars(this, this.image);
    context.putImageData(this.image, 0, 0);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    drawRuler(this, context);
    drawOverlay(this, context);
    drawNames(this, context);
    drawMinimap(this, this.strip);
    this.canvas.dataset.drawn = this.session.id;
  }

  changed(what) {
    for (const listener of this.listeners) listener(what);
  }

  // What lies at a point of the canvas: a time, a row, and the place of a span, or -1.
  at(x, y) {
    const time = this.from + (x - this.gutter) / this.scale;
    const index = Math.floor((y - RULER_HEIGHT + this.scroller.scrollTop) / ROW_HEIGHT);
    const row = y < RULER_HEIGHT ? undefined : this.layout.rows[index];
    return { time, row, place: row && x >= this.gutter ? this.nearest(row, time) : -1 };
  }

  nearest(row, time) {
    const reach = 3 / this.scale;
    let [best, distance] = [-1, reach];
    for (const run of row.runs) {
      const { start, end } = this.shown;
      for (let i = firstAbove(end, time - reach, run.first, run.last); i < run.last && start[i] <= time + reach; i++) {
        const off = Math.max(0, start[i] - time, time - end[i]);
        if (off < distance || (off === distance && this.session.critical_ns[i] > 0)) [best, distance] = [i, off];
      }
    }
    return best;
  }
}
