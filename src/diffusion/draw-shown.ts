/** The few images of an evaluation that are shown, drawn by themselves, as the page shows a model before it is trained. */
import type { DrawnImages } from '../../workers/protocol';
import type { LoadedModel } from '../load/loaded-model';
import { readFloats, tf, uploadKept } from '../tf';
import { evaluationDraws, shownOf, split, toBytes } from './measure';
import { noiseFor, stepOf } from './net/sample';
import { grid, IMAGE } from './net/schedule';
import { stack } from './scorer';
import { indexOf } from './world/condition';

/**
 * Draws them from noise to image. @param count of the evaluation whose draws they are among
 * @returns a frame for each step of the sampler, the noise first; the last are the images that an evaluation before training shows
 */
export const drawShown = async (
  model: LoadedModel,
  count: number,
  between: () => Promise<void>,
): Promise<DrawnImages> => {
  const all = evaluationDraws(count);
  const shown = shownOf(count);
  const conditions = shown.map((i) => all.conditions[i]!);
  const rngs = shown.map((i) => all.rngs[i]!);
  const weights = new Map(
    [...model.weights].map(([name, { shape, data }]) => [name, uploadKept(data, [...shape])]),
  );
  const net = { config: model.denoiser!.config, weights };
  const first = split(noiseFor(rngs));
  const frames = [toBytes(first)];
  let x = stack(first);
  try {
    for (let i = 0; i + 1 < grid.length; i++) {
      const [t, p] = [grid[i]!, grid[i + 1]!];
      const draw = p === IMAGE ? undefined : noiseFor(rngs);
      const next = stepOf(net, x, conditions, { t, p, eta: 1, clamp: true, draw });
      x.dispose();
      x = next;
      frames.push(toBytes(split(await readFloats(x))));
      await between();
    }
  } finally {
    tf.dispose([x, ...weights.values()]);
  }
  return { conditions: conditions.map(indexOf), frames };
};
