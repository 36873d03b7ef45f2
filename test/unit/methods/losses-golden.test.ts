import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import type { ParamSpec, ParamValue } from '../../../src/methods/params';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { differences, goldenLosses } from '../../support/golden-losses';

beforeAll(async () => {
  await initBackend('cpu');
});

describe.each(methods.map((m) => [m.id, m.params] as const))('%s', (id, params) => {
  const own = goldenLosses.filter((c) => c.case.method === id);

  it('has a case for each choice, each flag and both ends of each number', () => {
    const wanted = (spec: ParamSpec): ParamValue[] => {
      if (spec.kind === 'name') return [spec.default];
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
    expect(differences(await computeLoss(c.case), c)).toEqual([]);
  });
});
