// Arrays as they arrive from Python (see wire.py), as typed arrays.

const MISSING = 65535;

// A packed array ({data, shape, low, high}, see wire.py) as {codes, shape, low, high, unit, size}.
export function decode(packed) {
  const { data, shape, low, high } = packed;
  const view = ArrayBuffer.isView(data) ? data : new DataView(data);
  const size = shape.reduce((product, n) => product * n, 1);
  if (view.byteLength !== 2 * size) throw new Error(`${view.byteLength} bytes for an array of shape ${shape}`);
  return { codes: uint16(view), shape, low, high, unit: (high - low) / 65534, size };
}

// Little-endian uint16 codes of a view, copied when they do not start on an even byte or the machine is big-endian.
export function uint16(view) {
  const { buffer, byteOffset, byteLength } = view;
  const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  if (littleEndian && byteOffset % 2 === 0) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  const source = new DataView(buffer, byteOffset, byteLength);
  return Uint16Array.from({ length: byteLength / 2 }, (_, i) => source.getUint16(2 * i, true));
}

// The bytes of an array of numbers 0 to 255 ({data, shape}, see wire.small).
export function decodeBytes({ data }) {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

// Numbers -1 to 1 of an array of one byte each ({data, shape}, see wire.signed), as an Int8Array: 127 stands for 1.
export function decodeSigned(packed) {
  const bytes = decodeBytes(packed);
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

// The truths of an array packed eight to a byte ({data, shape}, see wire.bits), as a Uint8Array of 0 and 1.
export function decodeBits({ data, shape }) {
  const bytes = decodeBytes({ data });
  const size = shape.reduce((product, n) => product * n, 1);
  if (bytes.length !== Math.ceil(size / 8)) throw new Error(`${bytes.length} bytes for ${size} bits`);
  return Uint8Array.from({ length: size }, (_, i) => (bytes[i >> 3] >> (i & 7)) & 1);
}

// The numbers of an array of little-endian float32 ({data, shape}, see wire.floats), as a Float32Array of its own.
export function decodeFloats({ data, shape }) {
  const view = ArrayBuffer.isView(data) ? new DataView(data.buffer, data.byteOffset, data.byteLength) : new DataView(data);
  const size = shape.reduce((product, n) => product * n, 1);
  if (view.byteLength !== 4 * size) throw new Error(`${view.byteLength} bytes for an array of shape ${shape}`);
  return Float32Array.from({ length: size }, (_, i) => view.getFloat32(4 * i, true));
}

// One number of a decoded array; NaN where it is missing.
export function valueAt(array, index) {
  const code = array.codes[index];
  return code === MISSING ? NaN : array.low + code * array.unit;
}

// Index of the smallest of `count` codes from `offset`, as `argmax`.
export function argmin(codes, offset, count) {
  let best = 0;
  let least = MISSING;
  for (let i = 0; i < count; i++) if (codes[offset + i] < least) [best, least] = [i, codes[offset + i]];
  return best;
}

// Index of the largest of `count` codes from `offset`: the first of equals, as in numpy; missing codes never win.
export function argmax(codes, offset, count) {
  let best = 0;
  let top = -1;
  for (let i = 0; i < count; i++) {
    const code = codes[offset + i];
    if (code !== MISSING && code > top) [best, top] = [i, code];
  }
  return best;
}
