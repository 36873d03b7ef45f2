/** What an image is asked to show: one of six shapes in one of six hues. */
export interface Condition {
  /** Index in `shapes`. */
  shape: number;
  /** Index in `hues`. */
  hue: number;
}

export const shapes = ['disc', 'square', 'triangle', 'cross', 'ring', 'bar'] as const;
export type Shape = (typeof shapes)[number];

type Rgb = readonly [number, number, number];

/** The hues with their colours, each channel 0..1. */
export const hues: readonly { name: string; rgb: Rgb }[] = [
  { name: 'red', rgb: [1, 0.1, 0.1] },
  { name: 'yellow', rgb: [1, 0.95, 0.1] },
  { name: 'green', rgb: [0.1, 0.9, 0.15] },
  { name: 'cyan', rgb: [0.1, 0.9, 1] },
  { name: 'blue', rgb: [0.15, 0.2, 1] },
  { name: 'magenta', rgb: [1, 0.1, 0.95] },
];

export const CONDITIONS = shapes.length * hues.length;

/** All conditions, hue by hue within each shape; the index repeats after 36. */
export const conditionAt = (index: number): Condition => ({
  shape: Math.floor(index / hues.length) % shapes.length,
  hue: index % hues.length,
});

export const indexOf = ({ shape, hue }: Condition): number => shape * hues.length + hue;

export const inWords = ({ shape, hue }: Condition): string => `${hues[hue]!.name} ${shapes[shape]!}`;
