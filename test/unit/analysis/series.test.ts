import { describe, expect, it } from 'vitest';
import { allSeries } from '../../../src/analysis/series/index';
import { moreIsLess } from '../../../src/analysis/series/more-is-less';
import { neuronSeries } from '../../../src/analysis/series/neuron-dynamics';
import type { ArmResult, Change, Series } from '../../../src/analysis/series/series';
import { changesOf, over, paired, runSeries } from '../../../src/analysis/series/series';
import type { Trainer } from '../../../src/create-trainer';
import { documentFrom } from '../../../src/headless-document';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import type { RunDocument } from '../../../src/train/run-document';
import type { Evaluation } from '../../../workers/protocol';

const catalogue = methods.map(describeMethod);
const documentOf = (method: string, set: readonly Change[]) =>
  documentFrom(catalogue, { method, set: [...set], bring: {} });

const evaluation = (step: number, accuracy: number, asr: number): Evaluation => ({
  step,
  stage: 'dpo',
  problems: 10,
  accuracy,
  interval: [0, 1],
  stepAccuracy: 0,
  meanTokens: 3,
  measures: [
    { id: 'asr', name: 'ASR', better: 'lower', unit: 'share', value: asr, interval: [0, 1], count: 10 },
  ],
});

const row = (arm: string, seed: number, numbers: Record<string, number>, asr = 0.5): ArmResult => ({
  arm,
  seed,
  seconds: 1,
  loss: numbers['loss'] ?? 0.6,
  before: evaluation(0, 0.5, 0.7),
  after: evaluation(9, 0.6, asr),
  analysis: { says: [], numbers, figures: [] },
});

describe('a series', () => {
  it.each(allSeries.map((series) => [series.id, series] as const))(
    '%s trains documents that are valid',
    (_, series) => {
      for (const { method, set } of series.arms) {
        const document = documentOf(method, changesOf(set, [{ path: ['steps'], value: 3 }]));
        expect(document.steps).toBe(3);
        for (const { path, value } of set) {
          if (path.join('.') === 'steps') continue;
          expect(
            path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document),
          ).toMatchObject(value as object);
        }
      }
    },
  );

  it('trains every arm with every seed, analyses each, keeps none, and takes later changes for earlier ones', async () => {
    const seen: string[] = [];
    let open: RunDocument | undefined;
    const trainer = {
      train: async (document: RunDocument) => {
        open = document;
        seen.push(`train ${document.seed} for ${document.steps}`);
        const metrics = Array.from({ length: 12 }, (_, i) => ({
          stage: 'dpo',
          metrics: { step: i + 1, loss: i },
        }));
        return {
          status: { runId: `run ${document.seed}` },
          metrics,
          before: evaluation(0, 0.5, 0.7),
          after: evaluation(3, 0.6, 0.1 * document.seed),
        };
      },
      analyse: async (id: string, params: object, seed: number) => {
        seen.push(`${id} ${JSON.stringify(params)} ${seed}`);
        return { says: [], numbers: { steps: open!.steps, seed: open!.seed }, figures: [] };
      },
      deleteRun: async (id: string) => void seen.push(`delete ${id}`),
    } as unknown as Trainer;
    const series: Series = {
      ...neuronSeries,
      arms: [
        { id: 'short', label: 'Short', method: 'dpo', set: [{ path: ['steps'], value: 2 }] },
        { id: 'long', label: 'Long', method: 'dpo', set: [{ path: ['steps'], value: 7 }] },
      ],
      derive: ({ asr = 0 }) => ({ safe: 1 - asr }),
      summarise: (rows) => ({ says: [`${rows.length} runs`], figures: [] }),
    };
    const told: string[] = [];
    const given = { seed: 3, seeds: 2, params: { texts: 70 }, set: [{ path: ['data', 'trees'], value: 9 }] };
    const result = await runSeries(trainer, series, given, {
      documentOf,
      tell: (what, done, total) => told.push(`${what} ${done}/${total}`),
    });
    expect(seen.slice(0, 3)).toEqual(['train 3 for 2', 'neuron-dynamics {"texts":70} 3', 'delete run 3']);
    expect(seen).toHaveLength(12);
    expect(told[1]).toBe('Long, seed 3 1/4');
    expect(result.says).toEqual(['4 runs']);
    expect(result.numbers['long/steps']).toMatchObject({ mean: 7, each: [7, 7] });
    expect(result.numbers['short/loss']!.mean).toBe(6.5); // of steps 3 to 12
    expect(result.numbers['short/asr']!.each).toEqual([expect.closeTo(0.3, 9), expect.closeTo(0.4, 9)]);
    expect(result.numbers['short/safe']!.mean).toBeCloseTo(0.65, 9);
    expect(result.rows[3]).toMatchObject({ arm: 'long', seed: 4, numbers: { seed: 4 } });
    const shorter = await runSeries(
      trainer,
      series,
      { ...given, seeds: 1, set: [{ path: ['steps'], value: 1 }] },
      { documentOf },
    );
    expect(shorter.numbers['long/steps']!.mean).toBe(1);
    const ended = new AbortController();
    ended.abort(new Error('enough'));
    await expect(runSeries(trainer, series, given, { documentOf, signal: ended.signal })).rejects.toThrow(
      'enough',
    );
  });

  it('means and paired differences have intervals over the seeds', () => {
    const rows = [1, 2, 3].flatMap((seed) => [
      row('a', seed, { x: seed }),
      row('b', seed, { x: seed - 0.5 }),
    ]);
    expect(over(rows, 'a', 'x')).toMatchObject({ mean: 2, each: [1, 2, 3] });
    expect(over(rows, 'a', 'y')).toBeUndefined();
    const difference = paired(rows, ['a', 'b'], 'x')!;
    expect(difference).toMatchObject({ mean: 0.5, low: 0.5, high: 0.5 });
    expect(paired(rows.slice(1), ['a', 'b'], 'x')).toBeUndefined();
  });
});

describe('More is Less', () => {
  const rowsWith = (asr: (writers: string, seed: number) => number, seeds = 3) =>
    Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
      ['self', 'original', 'gold', 'strong', 'pool'].map((writers) =>
        row(
          writers,
          seed,
          { 'probe/accuracy': writers === 'strong' ? 0.99 : 0.75, 'length/accuracy': 0.7, loss: 0.5 },
          asr(writers, seed),
        ),
      ),
    );
  const verdict = (rows: ArmResult[]) => moreIsLess.summarise(rows).says[0]!;

  it('says that the claim shows, shows the other way round, or does not show', () => {
    const worse = (writers: string, seed: number) => (writers === 'strong' ? 0.5 : 0.2) + 0.01 * seed;
    expect(verdict(rowsWith(worse))).toContain('ASR +30.0 points (+30.0 to +30.0). More attacks work');
    const better = (writers: string, seed: number) => (writers === 'strong' ? 0.1 : 0.2) + 0.01 * seed;
    expect(verdict(rowsWith(better))).toContain('the opposite');
    const mixed = (writers: string, seed: number) => (writers === 'strong' ? 0.1 * seed : 0.2);
    expect(verdict(rowsWith(mixed))).toContain('does not show');
    expect(verdict(rowsWith(worse, 1))).toContain('ASR +30.0 points. One seed has no interval');
  });

  it('does not take refusing everything for safety', () => {
    const refusing = moreIsLess.derive!({ asr: 0, 'over-refusal': 1 });
    expect(refusing).toEqual({ 'refused on purpose': 0 });
    expect(moreIsLess.derive!({ asr: 0.25, 'over-refusal': 0.5 })).toEqual({ 'refused on purpose': 0.25 });
    expect(moreIsLess.derive!({ loss: 1 })).toEqual({});
  });

  it('sets the five side by side, with what each measure is before training', () => {
    const { says, figures } = moreIsLess.summarise(rowsWith(() => 0.4));
    expect(says).toContain('Before training 70.0 % of the attacks work.');
    expect(says.filter((sentence) => sentence.includes('probe 75.0 %'))).toHaveLength(4);
    expect(figures.map(({ id }) => id)).toEqual(['probe-accuracy', 'length-accuracy', 'asr']);
    expect(figures.every((figure) => figure.kind === 'bars' && figure.bars.length === 5)).toBe(true);
  });
});

describe('neuron dynamics over seeds', () => {
  const numbersOf = (all: number, best: number, after: number) => ({
    'habit/before': 0.7,
    'solved/before': 0.9,
    'habit/top 1.0 % ablated': 0.69,
    'solved/top 1.0 % ablated': 0.9,
    'habit/top 10.0 % ablated': best,
    'solved/top 10.0 % ablated': 0.1,
    ...Object.fromEntries(
      ['TP-', 'AN-', 'TN+', 'AP+'].flatMap((name, i) => [
        [`share/${name}`, 0.1 * (i + 1)],
        [`neurons/${name}`, 10],
        [`habit/${name} patched`, 0.6],
        [`solved/${name} patched`, 0.9],
      ]),
    ),
    'habit/TP-, AN-, TN+, AP+ patched': all,
    'solved/TP-, AN-, TN+, AP+ patched': 0.85,
    'habit/after training': after,
    'solved/after training': 0.9,
    'wrong way': 0.48,
  });
  const says = (all: number, best: number, after: number) =>
    neuronSeries
      .summarise([1, 2].map((seed) => row('dpo', seed, numbersOf(all, best, after))))
      .says.join(' ');

  it('says which comes nearer to training, and that there is nothing to emulate where nothing fell', () => {
    expect(says(0.3, 0.5, 0.2)).toContain(
      'top 10.0 % ablated) leaves 50.0 %, 40.0 % of the fall; all four groups patched leave 30.0 %, 80.0 %',
    );
    expect(says(0.3, 0.5, 0.2)).toContain('comes nearer to training than any ablation, as the paper says');
    expect(says(0.6, 0.3, 0.2)).toContain('does not show here');
    expect(says(0.3, 0.5, 0.75)).toContain('Training did not lower it.');
  });
});
