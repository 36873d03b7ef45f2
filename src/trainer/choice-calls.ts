import type { TrainerApi } from '../../workers/protocol';
import { bytesOf, givenBlobs } from '../load/brought-models';
import { guardGpu } from '../tf';
import { plural } from '../util/count';
import type { Mutex } from '../util/mutex';
import { yieldToMessages } from '../util/mutex';
import type { Engine } from './engine';

/**
 * The calls by which a person chooses between images.
 * @param exclusive the queue of what opens and closes
 */
export const createChoiceCalls = (
  engine: Engine,
  exclusive: Mutex,
): Pick<TrainerApi, 'drawPairs' | 'addChoices'> => ({
  drawPairs: (id, options) =>
    exclusive(async () => {
      engine.started();
      const model = await engine.shelf.load(id);
      if (!model.denoiser) throw new Error(`${model.summary.name} writes text and draws nothing.`);
      const { drawPairs } = await import('../diffusion/draw-pairs');
      return guardGpu(() => drawPairs(model, options, yieldToMessages));
    }),
  addChoices: async (given) => {
    const { nameOfChoices, readChoices, treesOfChoices } = await import('../diffusion/read-choices');
    const files = new Map<string, Uint8Array>();
    for (const [name, blob] of givenBlobs(given)) files.set(name, await bytesOf(blob));
    const choices = readChoices(files);
    const id = await nameOfChoices(choices);
    const label = `Choices of your own, ${plural(choices.length, 'pair')} of images`;
    await (await engine.store()).putDataset(id, label, treesOfChoices(choices));
    return { id, pairs: choices.length };
  },
});
