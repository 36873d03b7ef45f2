import type { ParamValue } from '../../src/methods/params';
import type { LossResult } from '../../src/train/loss-case/compute-loss';
import latents from '../golden/latents.json';
import golden from '../golden/losses.json';
import survey from '../golden/survey.json';

interface Prompt {
  responses: {
    steps: { policy: number[]; reference?: number[] }[];
    labels?: Record<string, number>;
  }[];
}

/** Numbers of TRL's trainers and of formulas in PyTorch, double precision: golden/make_losses.py and golden/make_survey.py. */
export interface GoldenLoss {
  name: string;
  case: { method: string; params: Record<string, ParamValue>; prompts: Prompt[] };
  loss: number;
  gradient: Record<string, number | number[]>[][][];
  metrics: Record<string, number>;
}

export const goldenLosses = [...golden, ...survey, ...latents.entries] as unknown as GoldenLoss[];

/** Every derivative in order, each with its place. */
const derivatives = (gradient: unknown[][][]): [string, number][] =>
  gradient.flatMap((responses, p) =>
    responses.flatMap((steps, r) =>
      steps.flatMap((fields, s) =>
        Object.entries(fields as Record<string, number | number[]>)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .flatMap(([field, values]) =>
            [values].flat().map((x, t): [string, number] => [`${p} ${r} ${s} ${field}[${t}]`, x]),
          ),
      ),
    ),
  );

/** What single precision rounds off a sum of an answer's log-probs, at most. */
const roundingOf = (prompts: readonly Prompt[]) =>
  2 ** -24 *
  Math.max(
    ...prompts.flatMap(({ responses }) =>
      responses.flatMap(({ steps }) =>
        (['policy', 'reference'] as const).map((field) =>
          steps.flatMap((step) => step[field] ?? []).reduce((sum, x) => sum + Math.abs(x), 0),
        ),
      ),
    ),
  );

/**
 * Where a result is not that of the oracle: the loss beyond 1e-5, a derivative beyond 1e-4 (relative, and a little of the
 * largest one), one that is to be exactly 0 and is not, a metric beyond 1e-5.
 */
export const differences = (result: LossResult, wanted: GoldenLoss): string[] => {
  const [ours, theirs] = [derivatives(result.gradient), derivatives(wanted.gradient)];
  const largest = Math.max(...theirs.map(([, g]) => Math.abs(g)));
  const saturated = largest < 1e-12; // 0 by rounding, not because it is detached
  const found: string[] = [];
  const compare = (place: string, got: number | undefined, want: number, tolerance: number) => {
    if (!(Math.abs(got! - want) <= tolerance)) found.push(`${place}: ${got}, not ${want}`);
  };
  const rounding = largest * roundingOf(wanted.case.prompts);
  // A derivative is a sum over comparisons of terms up to beta, which may cancel.
  const cancelled = 2 ** -24 * Math.abs(Number(wanted.case.params['beta'] ?? 0));
  compare('loss', result.loss, wanted.loss, 1e-6 + 1e-5 * Math.abs(wanted.loss) + rounding);
  if (`${ours.map(([place]) => place)}` !== `${theirs.map(([place]) => place)}`) {
    found.push(`derivatives at ${ours.map(([place]) => place)}`);
  }
  theirs.forEach(([place, g], i) => {
    const exact = g === 0 && !saturated;
    const near = 1e-4 * Math.abs(g) + 1e-5 * largest + (saturated ? 1e-12 : 0) + cancelled;
    compare(place, ours[i]?.[1], g, exact ? 0 : near);
  });
  for (const [name, value] of Object.entries(wanted.metrics)) {
    compare(name, result.metrics[name], value, 1e-5 + 1e-5 * Math.abs(value));
  }
  return found;
};
