/** The forward pass that all families share: embedding, blocks, final norm. Shapes: N tokens, d = hiddenSize. */
import { checkpointed } from '../kernels/checkpointed';
import { isPacked } from '../kernels/packed-matrix';
import type { Tensor, Tensor1D, Tensor2D } from '../tf';
import { tf } from '../tf';
import type { Attend, Family, LayerContext, TokenInput } from './families/family';
import { familyOf } from './families/index';
import type { Network } from './network';
import type { Project } from './project';
import { projectBy } from './project';
import { ropeTableOf } from './rope-tables';
import { checkTap, withoutReading } from './tap';

const isAdapter = (name: string) => /\.lora_[AB]\.weight$/.test(name);

/** The weights of one layer that a gradient may be wanted for: an adapter's where the network has one, else all tensors. */
const trainable = ({ weights }: Network, prefix: string): [string, Tensor][] => {
  const adapted = [...weights.keys()].some(isAdapter);
  return [...weights].filter(
    (entry): entry is [string, Tensor] =>
      entry[0].startsWith(prefix) && !isPacked(entry[1]) && (!adapted || isAdapter(entry[0])),
  );
};

/** A block whose activations are computed again in the backward pass. */
const checkpointedBlock = (
  family: Family,
  network: Network,
  x: Tensor2D,
  context: Omit<LayerContext, 'weights' | 'project'>,
): Tensor2D => {
  const entries = trainable(network, `${family.layers}.${context.layer}.`);
  let { tap } = context;
  const f = ([hidden, ...values]: readonly Tensor[], [position]: readonly Tensor[]) => {
    const weights = new Map([...network.weights, ...entries.map(([name], i) => [name, values[i]!] as const)]);
    const y = family.block(hidden as Tensor2D, {
      ...context,
      tap,
      weights,
      position: position as Tensor1D,
      project: projectBy({ ...network, weights }),
    });
    if (tap) tap = withoutReading(tap); // has read this layer, which may be computed again
    return y;
  };
  return checkpointed(f, [x, ...entries.map(([, tensor]) => tensor)], [context.position]) as Tensor2D;
};

/**
 * Hidden states [N, d] after the final norm. Training and generation differ only in `attend`, and in how weights are
 * stored for `project`; with a `project` of its own nothing is checkpointed.
 */
export const runModel = (
  network: Network,
  input: TokenInput,
  attend: Attend,
  project?: Project,
): Tensor2D => {
  const { config, weights, tap } = network;
  if (tap) checkTap(tap, config, input.tokens.size);
  const family = familyOf(config);
  const { position } = input;
  const rope = family.positionTable ? undefined : ropeTableOf(config, input.longest);
  const multiply = project ?? projectBy(network);
  let x = tf.tidy(() => family.embed(weights, input)); // [N, d]
  for (let layer = 0; layer < config.layers; layer++) {
    const context = { config, layer, position, rope, attend, tap };
    // What the tape saved for the gradient survives the tidy; the rest is free at once.
    const next = tf.tidy(() =>
      network.checkpointing && !project
        ? checkpointedBlock(family, network, x, context)
        : family.block(x, { ...context, weights, project: multiply }),
    );
    x.dispose();
    x = next;
  }
  const hidden = tf.tidy(() => family.finalNorm(x, config, weights)); // [N, d]
  x.dispose();
  return hidden;
};
