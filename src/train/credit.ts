import type { CreditResponse, CreditToken, CreditView } from '../../workers/protocol';
import type { Tensor1D } from '../tf';
import { readFloats, tf } from '../tf';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { PackedBatch, PackedResponse } from '../tree/packed-batch';
import { pathOf } from '../tree/paths';
import type { PreferenceTree } from '../tree/tree';
import { lossInput, scoresFromLogProb } from './inputs/loss-input';
import { searchView } from './search-view';
import type { PreparedBatch, StepState } from './step';
import { prepareBatch, presentScores } from './step';

const roleOf = (batch: PackedBatch, response: number): CreditResponse['role'] => {
  if (batch.comparisons.some((c) => c.chosen === response)) return 'chosen';
  if (batch.comparisons.some((c) => c.rejected === response)) return 'rejected';
  return 'response';
};

/**
 * Log-probs of this one tree, its loss, and the loss's derivative by the log-prob of each entry, exactly as the step would
 * take it. What else the loss reads of the policy is held at its present value.
 */
const pushes = async (prepared: PreparedBatch, state: StepState) => {
  const { batch, constants } = prepared;
  const { objective } = state;
  const { value, grad, logProb } = tf.tidy(() => {
    const { stepSum: _, ...scores } = presentScores(prepared, state);
    const loss = (logProb: Tensor1D) =>
      objective.loss(lossInput(batch, { ...scores, ...scoresFromLogProb(batch, logProb) }, constants)).loss;
    const { logProb } = scores;
    return { ...tf.valueAndGrad((x) => loss(x as Tensor1D))(logProb), logProb };
  });
  try {
    return {
      logProb: await readFloats(logProb),
      loss: (await readFloats(value))[0]!,
      gradient: await readFloats(grad),
    };
  } finally {
    tf.dispose([value, grad, logProb]);
  }
};

/**
 * Where the method puts the credit on one tree under the current weights: for each token its part of the implicit
 * reward, scale * c_t * (logp - logp_ref), and the push -dL/dlogp that the loss gives it now.
 */
export const creditOf = async (
  tree: PreferenceTree,
  state: StepState,
  method: string,
  tokenizer: Pick<Tokenizer, 'token' | 'decode'>,
  /** Log-probs of the tree's entries under the weights that the run began with. */
  start?: Float32Array,
): Promise<CreditView> => {
  const prepared = prepareBatch([tree], state);
  const { batch, constants } = prepared;
  const { loss, gradient, logProb } = await pushes(prepared, state);
  const { weight } = batch.entries;
  const referenceLogProb = constants['reference'];
  const scale = state.objective.rewardScale ?? 0;

  const view = (response: PackedResponse, index: number): CreditResponse => {
    const path = pathOf(tree, tree.responses[response.index]!.leaf).slice(1);
    const tokens: CreditToken[] = [];
    const steps: CreditResponse['steps'] = [];
    let cursor = response.stepStart;
    path.forEach((nodeIndex, stepIndex) => {
      const node = tree.nodes[nodeIndex]!;
      const step = node.scored && batch.steps[cursor]?.node === nodeIndex ? batch.steps[cursor++] : undefined;
      let reward = 0;
      let push = 0;
      node.tokens.forEach((id, t) => {
        const entry = step
          ? step.entryStart + t - (node.tokens.length - (step.entryEnd - step.entryStart))
          : -1;
        const scored = step !== undefined && entry >= step.entryStart;
        const policy = scored ? logProb[entry]! : 0;
        const reference = scored ? (referenceLogProb?.[entry] ?? policy) : 0;
        const token: CreditToken = {
          text: tokenizer.token(id),
          step: scored ? stepIndex : -1,
          policyLogProb: policy,
          referenceLogProb: reference,
          ...(start && { startLogProb: scored ? start[entry]! : 0 }),
          weight: scored ? weight[entry]! : 0,
          reward: scored ? scale * weight[entry]! * (policy - reference) : 0,
          push: scored ? -gradient[entry]! : 0,
        };
        reward += token.reward;
        push += token.push;
        tokens.push(token);
      });
      const correct = node.labels?.['correct'];
      steps.push({
        text: tokenizer.decode(node.tokens),
        scored: step !== undefined,
        reward,
        push,
        correct: correct === undefined ? undefined : correct > 0,
      });
    });
    return { role: roleOf(batch, index), tokens, steps, reward: steps.reduce((sum, s) => sum + s.reward, 0) };
  };

  const search = searchView(tree, tokenizer);
  return {
    treeId: tree.id,
    prompt: tokenizer.decode(tree.nodes[0]!.tokens),
    method,
    responses: batch.responses.map(view),
    loss,
    ...(search && { search }),
  };
};
