import { methodById } from '../../methods/index';
import { mainPass } from '../../methods/method';
import type { LossInput, LossOutput, Objective } from '../../methods/objective';
import type { Params } from '../../methods/params';
import { defaultParams, paramProblem } from '../../methods/params';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '../../tf';
import { readFloats, tf } from '../../tf';
import type { PackedBatch } from '../../tree/packed-batch';
import type { PolicyScores } from '../inputs/loss-input';
import { lossInput, scoresFromLogProb } from '../inputs/loss-input';
import { stepMetrics } from '../metrics';
import type { LossCase } from './case';
import { checkLossCase, LossCaseError, parseLossCase } from './case';
import { caseBatch, caseSteps, joined } from './case-batch';

/** The derivative of the loss by every differentiable input of one step. */
export interface StepGradient {
  policy: number[];
  stop?: number[];
  value?: number[];
  kl?: number[];
  squares?: number[];
  valueEnd?: number;
}

export interface LossResult {
  loss: number;
  /** Nested like prompts, responses, steps. Of detached quantities 0. */
  gradient: StepGradient[][][];
  /** Under TRL's names. */
  metrics: Record<string, number>;
}

/** The parameters of a case with the method's defaults. @throws LossCaseError naming those that are wrong */
export const paramsOf = (given: Pick<LossCase, 'method' | 'params' | 'prompts'>): Params => {
  const method = methodById(given.method);
  const params = { ...defaultParams(method), ...given.params };
  const problems = Object.entries(params).flatMap(([key, value]) => {
    const spec = Object.hasOwn(method.params, key) ? method.params[key] : undefined;
    if (!spec) {
      const known = Object.keys(method.params).join(', ') || 'none';
      return [`params, ${key}: is not a parameter of ${method.name} (its parameters: ${known})`];
    }
    const problem = paramProblem(spec, value);
    return problem ? [`params, ${key}: ${problem}`] : [];
  });
  if (problems.length > 0) throw new LossCaseError(problems);
  return params;
};

/** Inputs that the loss is differentiated by; only those that the case has. */
type Inputs = Partial<Record<'policy' | 'stop' | 'value' | 'kl' | 'squares' | 'valueEnd', Float32Array>>;

const inputsOf = (given: LossCase, { reads }: Objective): Inputs => {
  const named = (['policy', 'stop', 'value', 'kl', 'squares'] as const).map(
    (field) => [field, joined(given, field)] as const,
  );
  const ends = caseSteps(given).map(({ valueEnd }) => valueEnd);
  const atSteps = reads.head?.at === 'step' ? Float32Array.from(ends, (x) => x ?? Number.NaN) : undefined;
  return Object.fromEntries([...named, ['valueEnd', atSteps] as const].filter(([, values]) => values));
};

const constantsOf = (given: LossCase, { reads }: Objective): Record<string, Float32Array> => {
  const names = [
    ...(reads.reference ? ['reference'] : []),
    ...Object.entries(reads.frozen ?? {}).flatMap(([name, { read }]) => (read === 'head' ? [] : [name])),
  ];
  return Object.fromEntries(names.map((name) => [name, joined(given, name as 'guide')!]));
};

const hiddenOf = (given: LossCase, { reads }: Objective): Tensor2D | undefined =>
  reads.hidden ? tf.tensor2d(caseSteps(given).map(({ hidden }) => hidden!)) : undefined;

const scoresOf = (
  batch: PackedBatch,
  { reads }: Objective,
  x: Record<string, Tensor1D>,
  hidden: Tensor2D | undefined,
): PolicyScores => {
  const head =
    reads.head?.at === 'state' ? x['value'] : reads.head?.at === 'step' ? x['valueEnd'] : undefined;
  return {
    ...scoresFromLogProb(batch, x['policy']!),
    ...(reads.stop && { stop: x['stop']! }),
    ...(reads.kl && { kl: x['kl']! }),
    ...(reads.squares && { squares: x['squares']! }),
    ...(head && { head }),
    ...(hidden && { hidden }),
  };
};

/** Per-token and per-step gradients, nested like the case. */
const nested = (given: LossCase, flat: Record<string, Float32Array>): StepGradient[][][] => {
  let entry = 0;
  let step = 0;
  return given.prompts.map(({ responses }) =>
    responses.map(({ steps }) =>
      steps.map((own) => {
        const gradient: StepGradient = { policy: [] };
        for (const field of ['policy', 'stop', 'value', 'kl', 'squares'] as const) {
          if (field !== 'policy' && own[field] === undefined) continue;
          // + 0: no minus zeros in what people read
          gradient[field] = Array.from(flat[field]!.slice(entry, entry + own.policy.length), (g) => g + 0);
        }
        if (own.valueEnd !== undefined) gradient.valueEnd = (flat['valueEnd']?.[step] ?? 0) + 0;
        entry += own.policy.length;
        step++;
        return gradient;
      }),
    ),
  );
};

const sumsOf = (batch: PackedBatch, logProb: Float32Array, side: 'chosen' | 'rejected') =>
  Float64Array.from(batch.comparisons, (c) => {
    const { entryStart, entryEnd } = batch.responses[c[side]]!;
    return logProb.subarray(entryStart, entryEnd).reduce((a, b) => a + b, 0);
  });

/** What a loss gives on a case before it is put into the case's shape. */
interface Evaluated {
  loss: number;
  /** What the loss is a mean over. */
  over: number;
  rewards: Float32Array | undefined;
  aux: Record<string, number>;
  /** The derivative by every input, each in order. */
  flat: Record<string, Float32Array>;
}

/**
 * An objective on given numbers.
 * @param given checked against what the objective reads
 * @param batch of the case
 * @param seen told of the input before the loss reads it
 */
export const evaluateCase = async (
  given: LossCase,
  objective: Objective,
  batch: PackedBatch,
  seen?: (input: LossInput) => void,
): Promise<Evaluated> => {
  const constants = constantsOf(given, objective);
  if (objective.coefficients) batch.entries.weight = objective.coefficients({ batch, constants });
  const inputs = inputsOf(given, objective);
  const names = Object.keys(inputs);
  let output: LossOutput | undefined;
  const { value: loss, grads } = tf.tidy(() => {
    const hidden = hiddenOf(given, objective);
    return tf.valueAndGrads((...xs: Tensor[]) => {
      const x = Object.fromEntries(names.map((name, i) => [name, xs[i] as Tensor1D]));
      const input = lossInput(batch, scoresOf(batch, objective, x, hidden), constants);
      seen?.(input);
      output = objective.loss(input);
      tf.keep(output.rewards ?? output.loss);
      for (const scalar of Object.values(output.aux ?? {})) tf.keep(scalar);
      // What the loss does not depend on has derivative 0.
      return xs.reduce((sum, each) => tf.add(sum, tf.mul(tf.sum(each), 0)), output.loss) as Scalar;
    })(names.map((name) => tf.tensor1d(inputs[name as keyof Inputs]!)));
  });
  const read = async (tensor: Tensor) => {
    const values = await readFloats(tensor);
    tensor.dispose();
    return values;
  };
  const rewards = output?.rewards && (await read(output.rewards));
  const aux: Record<string, number> = {};
  for (const [name, scalar] of Object.entries(output?.aux ?? {})) aux[name] = (await read(scalar))[0]!;
  const flat: Record<string, Float32Array> = {};
  for (const [i, name] of names.entries()) flat[name] = await read(grads[i]!);
  const number = (await read(loss))[0]!;
  if (output && !output.rewards) output.loss.dispose();
  return { loss: number, over: output!.over, rewards, aux, flat };
};

/** As `computeLoss`, with what the loss is a mean over: the weight that accumulation gives such a batch. */
export const computeLossAndOver = async (value: unknown): Promise<LossResult & { over: number }> => {
  const given = parseLossCase(value);
  const method = methodById(given.method);
  const { objective } = mainPass(method, paramsOf(given));
  checkLossCase(given, method.name, objective);
  const batch = caseBatch(given);
  const { loss, over, rewards, aux, flat } = await evaluateCase(given, objective, batch);
  const logProb = joined(given, 'policy')!;
  const side = (of: 'chosen' | 'rejected') =>
    rewards && Float32Array.from(batch.comparisons, (c) => rewards[c[of]]!);
  const [chosenRewards, rejectedRewards] = [side('chosen'), side('rejected')];
  const compared = batch.comparisons.length > 0;
  const metrics = stepMetrics([
    {
      loss,
      over: 1,
      aux,
      tokens: 0,
      ...(compared && chosenRewards && rejectedRewards && { chosenRewards, rejectedRewards }),
      ...(compared && {
        chosenLogps: sumsOf(batch, logProb, 'chosen'),
        rejectedLogps: sumsOf(batch, logProb, 'rejected'),
      }),
    },
  ]);
  return { loss, gradient: nested(given, flat), metrics, over };
};

/**
 * The loss of a method on given numbers, its derivatives and its metrics, through the method's own objective. A backend has
 * to be started before.
 * @param value see `LossCase`; unchecked
 * @throws LossCaseError naming every problem, or Error when there is no such method
 */
export const computeLoss = async (value: unknown): Promise<LossResult> => {
  const { over: _over, ...result } = await computeLossAndOver(value);
  return result;
};
