import { expect, it } from 'vitest';
import { imagesPerTree, passFlops, runCost } from '../../../src/diffusion/flops';
import type { DenoiserConfig } from '../../../src/diffusion/net/config';
import { methods } from '../../../src/methods/index';
import { passInfo } from '../../../src/run/pass-words';
import { defaultRun } from '../../../src/train/run-document';
import { flopUnit, operations } from '../../../src/ui/format';
import { teraFlops } from '../../../src/ui/images/image-figures';

const large: DenoiserConfig = { hiddenSize: 64, layers: 4, heads: 4, patch: 3 };

/** A default run's passes with their cost. */
const costOf = (id: string, params: Record<string, number | boolean | string> = {}, steps?: number) => {
  const method = methods.find((m) => m.id === id)!;
  const run = defaultRun(method);
  const document = { ...run, steps: steps ?? run.steps };
  const passes = method.passes({ ...run.method.params, ...params });
  return passInfo(passes, document.steps, (pass, first) => passFlops(large, pass, document, first));
};

const whole = (passes: ReturnType<typeof costOf>) => teraFlops(passes, Number.POSITIVE_INFINITY);

it.each([
  ['diffusion-dpo', 0.35, true],
  ['smpo', 0.35, true],
  ['rankdpo', 0.35, true],
  ['tailorpo', 0.32, false],
  ['spo', 0.37, false],
  ['d3po', 0.53, false],
] as const)('%s costs what was measured of its prototype', (id, wanted, pool) => {
  const passes = costOf(id);
  // That of the prototype left the pool out.
  const [first] = passes;
  const drawn = pool ? first!.flops!.making / 1e12 : 0;
  expect(Math.abs(whole(passes) - drawn - wanted)).toBeLessThan(0.02);
  if (pool) expect(drawn).toBeGreaterThan(0.05);
});

it('counts up update by update, with what a round draws before its first', () => {
  const passes = costOf('tailorpo', { rounds: 2 }, 10);
  const [{ making, step }, next] = passes.map(({ flops }) => flops!) as [
    { making: number; step: number },
    { making: number; step: number },
  ];
  expect(teraFlops(passes, 0)).toBe(0);
  expect(teraFlops(passes, 1)).toBeCloseTo((making + step) / 1e12, 12);
  expect(teraFlops(passes, 6)).toBeCloseTo((making + 5 * step + next.making + next.step) / 1e12, 12);
  expect(costOf('tailorpo', { guidance: true })[0]!.flops!.making).toBeGreaterThan(making);
});

it('is told in a unit whose numbers are read without zeros', () => {
  const told = (tera: number) => tera * flopUnit(tera).per;
  expect([told(0.0018), told(0.0999), told(0.1), told(70)]).toEqual(
    [1.8, 99.9, 0.1, 70].map((v) => expect.closeTo(v)),
  );
  expect([flopUnit(0.0018).name, flopUnit(0.1).name]).toEqual(['GFLOP', 'TFLOP']);
});

it('sums up what a run asks of the network, for before it is begun', () => {
  // The pool: 512 lists of four, in twenty steps of denoising each.
  const cost = runCost(large, costOf('diffusion-dpo'));
  expect(cost.denoised).toBe(512 * 4 * 20);
  expect(cost.flops / 1e12).toBeCloseTo(whole(costOf('diffusion-dpo')), 9);
  expect(runCost(large, costOf('ddpm')).denoised).toBe(0);
  const images = (id: string) => {
    const method = methods.find((m) => m.id === id)!;
    const run = defaultRun(method);
    return imagesPerTree(method.passes(run.method.params)[0]!, run);
  };
  expect(['diffusion-dpo', 'rankdpo', 'tailorpo', 'd3po', 'ddpm'].map(images)).toEqual([2, 4, 1, 2, 1]);
  expect([operations(3.46e11), operations(4e9)]).toEqual(['0.35\u202fTFLOP', '4\u202fGFLOP']);
});
