import type { Rng } from '../../util/rng';
import type { Condition, Shape } from './condition';
import { hues, shapes } from './condition';

/** Pixels along a side, and numbers of an image: rows of pixels of three channels, in -1..1. */
export const SIDE = 12;
export const CHANNELS = 3;
export const SIZE = SIDE * SIDE * CHANNELS;

/**
 * Signed distances in pixels from the edge of a shape of radius r; x to the right and y down from its centre. They are not
 * exact away from the edge, which an antialiased edge does not need.
 */
const distance: Record<Shape, (x: number, y: number, r: number) => number> = {
  disc: (x, y, r) => Math.hypot(x, y) - r,
  square: (x, y, r) => Math.max(Math.abs(x), Math.abs(y)) - 0.85 * r,
  triangle: (x, y, r) => Math.max(0.866 * Math.abs(x) - 0.5 * y, y) - 0.6 * r,
  cross: (x, y, r) =>
    Math.min(
      Math.max(Math.abs(x) - 0.33 * r, Math.abs(y) - r),
      Math.max(Math.abs(x) - r, Math.abs(y) - 0.33 * r),
    ),
  ring: (x, y, r) => Math.abs(Math.hypot(x, y) - 0.75 * r) - 0.27 * r,
  bar: (x, y, r) => Math.max(Math.abs(x) - 1.1 * r, Math.abs(y) - 0.33 * r),
};

/** Where a shape lies: its centre from the middle of the image, its radius, and which side of it is cut away. */
export interface Placement {
  x: number;
  y: number;
  radius: number;
  cut?: 'left' | 'right' | undefined;
}

/** Share of each pixel that a shape covers. [SIDE * SIDE] */
export const coverage = (shape: number, { x, y, radius, cut }: Placement): Float32Array => {
  const measure = distance[shapes[shape]!];
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [dx, dy] = [(i % SIDE) + 0.5 - SIDE / 2 - x, Math.floor(i / SIDE) + 0.5 - SIDE / 2 - y];
    let d = measure(dx, dy, radius);
    if (cut) d = Math.max(d, (cut === 'right' ? dx : -dx) - 0.1 * radius);
    return Math.min(1, Math.max(0, 0.5 - d));
  });
};

/** A drawn image, and what is wrong with it. */
export interface Drawn {
  image: Float32Array; // [SIZE]
  /** The hue that was drawn, asked or not. */
  hue: number;
  cut: 'left' | 'right' | undefined;
}

/** How often a drawing departs from what was asked. */
export interface Faults {
  /** Another hue than the asked one. */
  hue: number;
  /** One half cut away. */
  cut: number;
}

/** The faults that the base learns, and that preferences can mend. */
export const usualFaults: Faults = { hue: 0.3, cut: 0.35 };

/** Draws what a condition asks for, with place, size, brightness and background at random and with these faults. */
export const drawImage = ({ shape, hue }: Condition, rng: Rng, faults: Faults = usualFaults): Drawn => {
  const between = (low: number, high: number) => low + (high - low) * rng.next();
  const [x, y, radius] = [between(-1, 1), between(-1, 1), between(3.2, 4.5)];
  const [value, ground] = [between(0.4, 1), between(0, 0.35)];
  const wrong = rng.next() < faults.hue;
  const other = (hue + 1 + rng.int(hues.length - 1)) % hues.length;
  const half = rng.next() < faults.cut;
  const side = rng.next() < 0.5 ? 'left' : 'right';
  const [drawnHue, cut] = [wrong ? other : hue, half ? (side as 'left' | 'right') : undefined];
  const covered = coverage(shape, { x, y, radius, cut });
  const { rgb } = hues[drawnHue]!;
  const image = new Float32Array(SIZE);
  covered.forEach((share, i) => {
    for (let c = 0; c < CHANNELS; c++) {
      image[i * CHANNELS + c] = 2 * (share * value * rgb[c]! + (1 - share) * ground) - 1;
    }
  });
  return { image, hue: drawnHue, cut };
};
