// Columns of integers out of short text: LEB128 in base64, as packing.py writes them.

function unpack(text, n) {
  const bytes = atob(text);
  const values = new Float64Array(n); // exact up to 2^53, which is 104 days of nanoseconds
  let at = 0;
  for (let i = 0; i < n; i++) {
    let byte = bytes.charCodeAt(at++);
    let value = byte & 127;
    for (let scale = 128; byte > 127; scale *= 128) {
      byte = bytes.charCodeAt(at++);
      value += (byte & 127) * scale;
    }
    values[i] = value;
  }
  return values;
}

// A column that is unpacked when it is first asked for.
function lazily(object, name, make) {
  Object.defineProperty(object, name, {
    configurable: true,
    get() {
      const value = make();
      Object.defineProperty(object, name, { value });
      return value;
    },
  });
}
