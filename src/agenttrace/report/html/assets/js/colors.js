// The colours of phases as the canvas needs them: on the path, off it, and where a search finds something else.

const PHASES = REPORT.phases.map(([name, color, tile]) => ({ name, color, tile }));

function styleColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function channels(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

function mixed(color, other, share) {
  return color.map((value, at) => Math.round(value * share + other[at] * (1 - share)));
}

function asPixel([red, green, blue]) {
  return (255 << 24) | (blue << 16) | (green << 8) | red; // ImageData is little-endian RGBA everywhere it matters
}

// Each kind of look has, for each phase, the pixel of its colour and that of the points of its tile.
function phaseLooks() {
  const ground = channels(styleColor("--ground"));
  const looks = {};
  for (const [look, share, shade] of [["full", 1, 0.68], ["faint", 0.38, 0.8], ["ghost", 0.12, 0.9]]) {
    looks[look] = PHASES.map(({ color }) => {
      const own = mixed(channels(color), ground, share);
      return [asPixel(own), asPixel(mixed(own, [0, 0, 0], shade))];
    });
  }
  looks.ground = asPixel(ground);
  looks.band = asPixel(channels(styleColor("--band")));
  return looks;
}
