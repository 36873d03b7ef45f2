/** A tree of images as pictures. */
import type { ImageView } from '../../workers/protocol';
import { readFloats, tf } from '../tf';
import { pathOf } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import { conditionOf, timeOf } from './images';
import { split, toBytes } from './measure';
import type { Denoiser } from './net/denoiser';
import { predictV } from './net/denoiser';
import { IMAGE, noiseAt, signalAt } from './net/schedule';
import { stack } from './scorer';
import { indexOf } from './world/condition';

/** The images that noisy ones stand for, x0hat, each at a time of its own. */
const cleanAt = async (
  net: Denoiser,
  states: readonly { t: number; image: Float32Array }[],
  tree: PreferenceTree,
): Promise<Float32Array[]> => {
  const v = tf.tidy(() =>
    predictV(
      net,
      stack(states.map(({ image }) => image)),
      states.map(({ t }) => Math.max(0, t)),
      states.map(() => conditionOf(tree)),
    ),
  );
  const values = split(await readFloats(v));
  v.dispose();
  return states.map(({ t, image }, k) =>
    t === IMAGE ? image : image.map((x, i) => signalAt(t) * x - noiseAt(t) * values[k]![i]!),
  );
};

/** What each answer of a tree is, under this network. @param tree with its draws, where it is scored by errors */
export const lookAt = async (net: Denoiser, tree: PreferenceTree): Promise<ImageView> => {
  const answers = tree.responses.map(({ leaf, score }) => {
    const last = pathOf(tree, leaf)
      .filter((n) => tree.nodes[n]!.scored)
      .at(-1)!;
    const node = tree.nodes[last]!;
    const to = { t: timeOf(node), image: node.image! };
    const { draw } = node;
    const parent = tree.nodes[node.parent]!;
    const from = draw
      ? {
          t: draw.t,
          image: to.image.map((x, i) => signalAt(draw.t) * x + noiseAt(draw.t) * draw.noise[i]!),
        }
      : { t: timeOf(parent), image: parent.image! };
    const spread = draw && Math.sqrt(draw.noise.reduce((sum, z) => sum + z * z, 0) / draw.noise.length);
    return { from, to, noisy: draw ? from : to, score, spread, labels: node.labels ?? {} };
  });
  const clean = await cleanAt(
    net,
    answers.map(({ noisy }) => noisy),
    tree,
  );
  const picture = ({ t, image }: { t: number; image: Float32Array }) => ({ t, pixels: toBytes([image]) });
  return {
    condition: indexOf(conditionOf(tree)),
    answers: answers.map(({ from, to, score, spread, labels }, k) => ({
      from: picture(from),
      to: picture(to),
      clean: toBytes([clean[k]!]),
      ...(score !== undefined && { score }),
      ...(spread !== undefined && { spread }),
      labels: { ...tree.responses[k]!.labels, ...labels },
    })),
  };
};
