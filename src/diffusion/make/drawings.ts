/** Drawings of the world, to be learned. */
import type { PipelineContext } from '../../search/pipeline';
import type { PreferenceTree } from '../../tree/tree';
import { askedFor, stateAt } from '../images';
import { IMAGE } from '../net/schedule';
import { conditionAt } from '../world/condition';
import type { Faults } from '../world/draw';
import { drawImage } from '../world/draw';
import { ofImages } from './from-pool';

/** Drawings that are told of together. */
const TOGETHER = 512;

/** One drawing of each condition in turn, each from a generator of its own. */
export async function* drawings(context: PipelineContext, faults: Faults): AsyncGenerator<PreferenceTree> {
  ofImages(context);
  for (let i = 0; i < context.count; i++) {
    if (i % TOGETHER === 0) context.progress(i, `${i} images drawn`);
    const condition = conditionAt(i);
    const { image } = drawImage(condition, context.rng.fork(`drawing/${i}`), faults);
    yield {
      id: `drawing/${i}`,
      nodes: [askedFor(condition), stateAt(IMAGE, image)],
      responses: [{ leaf: 1 }],
      comparisons: [],
    };
  }
}
