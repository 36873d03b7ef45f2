import { html } from 'lit';

const SIDE = 12;
const CHANNELS = 3;

/** Bytes of an image. */
const BYTES = SIDE * SIDE * CHANNELS;

/** The bytes of one image among several that lie one after another. */
export const pixelsAt = (all: Uint8Array, index: number): Uint8Array =>
  all.subarray(index * BYTES, (index + 1) * BYTES);

const shown = new WeakMap<HTMLCanvasElement, Uint8Array>();

/** Paints an image on a canvas of its own size, which the style enlarges without smoothing. */
const paint = (canvas: HTMLCanvasElement, pixels: Uint8Array) => {
  const context = canvas.getContext('2d');
  if (!context) return;
  const data = context.createImageData(SIDE, SIDE);
  for (let p = 0; p < SIDE * SIDE; p++) {
    for (let c = 0; c < CHANNELS; c++) data.data[4 * p + c] = pixels[CHANNELS * p + c]!;
    data.data[4 * p + 3] = 255;
  }
  context.putImageData(data, 0, 0);
};

/** A canvas for an image; `paintAll` fills it. */
export const picture = (pixels: Uint8Array, label: string) =>
  html`<canvas class="picture" width=${SIDE} height=${SIDE} .pixels=${pixels} role="img" aria-label=${label}></canvas>`;

/** Paints every canvas of `picture` under a node whose image is not the one that it shows. */
export const paintAll = (root: ParentNode) => {
  for (const canvas of root.querySelectorAll<HTMLCanvasElement & { pixels?: Uint8Array }>('canvas.picture')) {
    const { pixels } = canvas;
    if (!pixels || shown.get(canvas) === pixels) continue;
    paint(canvas, pixels);
    shown.set(canvas, pixels);
  }
};
