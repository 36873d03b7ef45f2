/** Reads PNG images (W3C, Portable Network Graphics, third edition) of 8 bits a channel, without interlace. */
import { unzlibSync } from 'fflate';
import { joinBytes } from './join-bytes';
import { crcOf } from './png';

/** A file is no PNG that can be read here; the message is the end of a sentence that begins with its name. */
export class PngError extends Error {
  override name = 'PngError';
}

/** Pixels along a side at most: what an image of this size would unpack to is known before it is unpacked. */
const LARGEST = 4096;

const signature = [137, 80, 78, 71, 13, 10, 26, 10];

/** Bytes of a pixel by colour type. */
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Parts {
  header: DataView;
  palette: Uint8Array | undefined;
  transparent: boolean;
  data: Uint8Array[];
}

/** The chunks, each held against its checksum. */
const partsOf = (bytes: Uint8Array): Parts => {
  if (signature.some((byte, i) => bytes[i] !== byte)) throw new PngError('is not a PNG');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Partial<Parts> & Pick<Parts, 'data'> = { data: [] };
  let transparent = false;
  for (let at = signature.length; ; ) {
    if (at + 12 > bytes.length) throw new PngError('is cut off');
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw new PngError('is cut off');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (crcOf(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      throw new PngError(`is damaged: its part ${type} does not have its checksum`);
    const content = bytes.subarray(at + 8, end);
    if (type === 'IHDR' && length === 13) parts.header = new DataView(content.buffer, content.byteOffset, 13);
    if (type === 'PLTE') parts.palette = content;
    if (type === 'tRNS') transparent = true;
    if (type === 'IDAT') parts.data.push(content);
    if (type === 'IEND') break;
    at = end + 4;
  }
  if (!parts.header) throw new PngError('has no header');
  return { header: parts.header, palette: parts.palette, transparent, data: parts.data };
};

const paeth = (left: number, up: number, corner: number): number => {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
};

/** Undoes the filter of each row. @returns rows of `stride` bytes */
const unfiltered = (raw: Uint8Array, rows: number, stride: number, pixel: number): Uint8Array => {
  const out = new Uint8Array(rows * stride);
  for (let y = 0; y < rows; y++) {
    const filter = raw[y * (stride + 1)]!;
    if (filter > 4) throw new PngError(`is damaged: its row ${y + 1} has a filter ${filter}`);
    for (let x = 0; x < stride; x++) {
      const left = x >= pixel ? out[y * stride + x - pixel]! : 0;
      const up = y > 0 ? out[(y - 1) * stride + x]! : 0;
      const corner = x >= pixel && y > 0 ? out[(y - 1) * stride + x - pixel]! : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
      out[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + guess;
    }
  }
  return out;
};

/**
 * Width, height and pixels, three bytes each.
 * @throws PngError saying what is wrong with it, or what it has that is not read here
 */
export const readPng = (bytes: Uint8Array): { width: number; height: number; rgb: Uint8Array } => {
  const { header, palette, transparent, data } = partsOf(bytes);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const [bits, colour, interlace] = [header.getUint8(8), header.getUint8(9), header.getUint8(12)];
  const pixel = channels[colour];
  if (pixel === undefined || width === 0 || height === 0)
    throw new PngError('has a header that means nothing');
  if (width > LARGEST || height > LARGEST) throw new PngError(`is ${width} by ${height} pixels`);
  if (bits !== 8) throw new PngError(`has ${bits} bits a channel; save it with 8`);
  if (interlace !== 0) throw new PngError('is interlaced; save it without');
  if (transparent) throw new PngError('is transparent in places; save it without');
  const stride = width * pixel;
  const whole = joinBytes(data);
  const size = height * (stride + 1);
  let raw: Uint8Array;
  try {
    raw = unzlibSync(whole, { out: new Uint8Array(size) });
  } catch {
    throw new PngError('is damaged: its pixels cannot be unpacked');
  }
  if (raw.length !== size) throw new PngError('is damaged: it has other pixels than its header says');
  const rows = unfiltered(raw, height, stride, pixel);
  const rgb = new Uint8Array(3 * width * height);
  for (let p = 0; p < width * height; p++) {
    const own = rows.subarray(p * pixel, (p + 1) * pixel);
    if ((colour === 4 || colour === 6) && own[pixel - 1] !== 255)
      throw new PngError('is transparent in places; save it without');
    for (let c = 0; c < 3; c++) {
      const value = colour === 3 ? palette?.[3 * own[0]! + c] : own[colour === 2 || colour === 6 ? c : 0];
      if (value === undefined) throw new PngError('is damaged: it names a colour that it has not');
      rgb[3 * p + c] = value;
    }
  }
  return { width, height, rgb };
};
