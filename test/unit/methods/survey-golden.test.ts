import { beforeAll, describe, expect, it } from 'vitest';
import { methodById } from '../../../src/methods';
import type { ParamSpec, ParamValue } from '../../../src/methods/params';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import golden from '../../golden/survey.json';

/** Numbers of formulas in PyTorch, double precision: golden/make_survey.py. */
interface GoldenCase {
  name: string;
  case: { method: string; params: Record<string, ParamValue>; prompts: unknown[] };
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

beforeAll(async () => {
  await initBackend('cpu');
});

describe.each([...new Set(cases.map((c) => c.case.method))])('%s', (id) => {
  const own = cases.filter((c) => c.case.method === id);

  it('has a case for each choice, each flag and both ends of each number', () => {
    const wanted = (spec: ParamSpec): ParamValue[] => {
      if (spec.kind === 'number') return [spec.min, spec.max];
      return spec.kind === 'flag' ? [true, false] : Object.keys(spec.options);
    };
    for (const [key, spec] of Object.entries(methodById(id).params)) {
      const used = own.map((c) => c.case.params[key] ?? spec.default);
      expect(used, key).toEqual(expect.arrayContaining(wanted(spec)));
    }
  });

  it.each(own.map((c) => [c.name, c] as const))('gives the numbers of the oracle: %s', async (_, c) => {
    const result = await computeLoss(c.case);
    expect(Math.abs(result.loss - c.loss), `loss ${result.loss}, ${c.loss}`).toBeLessThanOrEqual(
      1e-6 + 1e-5 * Math.abs(c.loss),
    );
    const [ours, theirs] = [derivatives(result.gradient), derivatives(c.gradient)];
    expect(ours.map(([place]) => place)).toEqual(theirs.map(([place]) => place));
    const largest = Math.max(...theirs.map(([, g]) => Math.abs(g)));
    const saturated = largest < 1e-12; // 0 by rounding, not because it is detached
    const wrong = theirs.flatMap(([place, g], i) => {
      const got = ours[i]![1];
      const near = 1e-4 * Math.abs(g) + 1e-5 * largest + (saturated ? 1e-12 : 0);
      return Math.abs(got - g) <= (g === 0 && !saturated ? 0 : near) ? [] : [`${place}: ${got}, not ${g}`];
    });
    expect(wrong).toEqual([]);
    for (const [name, value] of Object.entries(c.metrics)) {
      expect(Math.abs(result.metrics[name]! - value), name).toBeLessThanOrEqual(
        1e-5 + 1e-5 * Math.abs(value),
      );
    }
  });
});
