import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import type { ParamSpec, ParamValue } from '../../../src/methods/params';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import golden from '../../golden/losses.json';

interface Prompt {
  responses: { steps: { policy: number[]; reference?: number[] }[] }[];
}

/** Numbers of TRL's trainers and of formulas in PyTorch, double precision: golden/make_losses.py. */
interface GoldenCase {
  name: string;
  case: { method: string; params: Record<string, ParamValue>; prompts: Prompt[] };
  loss: number;
  gradient: Record<string, number | number[]>[][][];
  metrics: Record<string, number>;
}

const cases = golden as unknown as GoldenCase[];

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

beforeAll(async () => {
  await initBackend('cpu');
});

describe.each(methods.map((m) => [m.id, m.params] as const))('%s', (id, params) => {
  const own = cases.filter((c) => c.case.method === id);

  it('has a case for each choice, each flag and both ends of each number', () => {
    const wanted = (spec: ParamSpec): ParamValue[] => {
      if (spec.kind === 'number') return [spec.min, spec.max];
      return spec.kind === 'flag' ? [true, false] : Object.keys(spec.options);
    };
    expect(own.length, 'write its formula into test/golden/losses, then run make_losses.py').toBeGreaterThan(
      0,
    );
    for (const [key, spec] of Object.entries(params)) {
      const used = own.map((c) => c.case.params[key] ?? spec.default);
      expect(used, key).toEqual(expect.arrayContaining(wanted(spec)));
    }
  });

  it.each(own.map((c) => [c.name, c] as const))('gives the numbers of the oracle: %s', async (_, c) => {
    const result = await computeLoss(c.case);
    const [ours, theirs] = [derivatives(result.gradient), derivatives(c.gradient)];
    const largest = Math.max(...theirs.map(([, g]) => Math.abs(g)));
    expect(Math.abs(result.loss - c.loss), `loss ${result.loss}, ${c.loss}`).toBeLessThanOrEqual(
      1e-6 + 1e-5 * Math.abs(c.loss) + largest * roundingOf(c.case.prompts),
    );
    expect(ours.map(([place]) => place)).toEqual(theirs.map(([place]) => place));
    const saturated = largest < 1e-12; // 0 by rounding, not because it is detached
    const wrong = theirs.flatMap(([place, g], i) => {
      const got = ours[i]![1];
      const near = Math.abs(got - g) <= 1e-4 * Math.abs(g) + 1e-5 * largest + (saturated ? 1e-12 : 0);
      return near && (g !== 0 || got === 0 || saturated) ? [] : [`${place}: ${got}, not ${g}`];
    });
    expect(wrong).toEqual([]);
    for (const [name, value] of Object.entries(c.metrics)) {
      expect(Math.abs(result.metrics[name]! - value), name).toBeLessThanOrEqual(
        1e-5 + 1e-5 * Math.abs(value),
      );
    }
  });
});
