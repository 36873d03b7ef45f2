import { describe, expect, it } from 'vitest';
import { sinceStart } from '../../../src/ui/live/since-start';
import { remarksOn } from '../../../src/ui/remarks/index';
import type { Live } from '../../../src/ui/remarks/remark';
import type { EvaluationPoint, Point } from '../../../src/ui/state';
import { wilson } from '../../../src/util/wilson';
import type { ProbeSide } from '../../../workers/protocol';

const point = (x: number, metrics: Record<string, number>): Point => ({
  x,
  stage: 'dpo',
  metrics: { step: x, ...metrics },
});
const evaluated = (x: number, solved: string): EvaluationPoint => {
  const right = [...solved].filter((c) => c === '1').length;
  const accuracy = right / solved.length;
  return {
    x,
    evaluation: {
      step: x,
      stage: 'dpo',
      problems: solved.length,
      accuracy,
      interval: wilson(right, solved.length),
      stepAccuracy: 0,
      meanTokens: 5,
      solved,
    },
  };
};
const side = (...logProb: [number, number, number]): ProbeSide => ({ logProb, tokens: [3, 1, 3] });
/** The chosen answers moved so far in the three stretches. */
const moved = (...by: [number, number, number]) =>
  sinceStart(
    [[0, 0, 0] as const, by].map((shift, i) => ({
      x: 10 * i,
      probe: {
        stage: 'dpo',
        step: 10 * i,
        pairs: [
          {
            tree: 0,
            heldOut: false,
            chosen: side(...(shift as [number, number, number])),
            rejected: side(0, -5 * i, 0),
          },
        ],
      },
    })),
  );
const live = (changes: Partial<Live>): Live => ({
  points: [],
  evaluations: [],
  since: [],
  learningRate: 1e-4,
  ...changes,
});
const ids = (changes: Partial<Live>) => remarksOn(live(changes)).map(({ id }) => id);

const half = '10'.repeat(50);
const most = '1'.repeat(80) + '0'.repeat(20);
const none = '0'.repeat(100);

describe('remarks on a run', () => {
  it('say nothing of a run that goes well, or has not begun', () => {
    expect(ids({})).toEqual([]);
    expect(
      ids({ since: moved(0.1, 0.5, 0), evaluations: [evaluated(0, half), evaluated(10, most)] }),
    ).toEqual([]);
  });

  it('tell a harmless fall from a harmful one, and name the best step', () => {
    expect(ids({ since: moved(0, -0.5, 0), evaluations: [evaluated(0, half), evaluated(10, most)] })).toEqual(
      ['harmless-fall'],
    );
    const bad = {
      since: moved(0, -4, -1),
      evaluations: [evaluated(0, half), evaluated(5, most), evaluated(10, none)],
    };
    const [first] = remarksOn(live(bad));
    expect(first).toMatchObject({ id: 'harmful-fall', step: 5 });
    expect(first!.text).toContain('best was step 5, with 80.0');
    // As deep, but nothing is lost by it.
    expect(ids({ ...bad, evaluations: [evaluated(0, half), evaluated(10, most)] })).toEqual([]);
  });

  it('judge a fall on a file of pairs by how many held-out ones are ranked right', () => {
    const ranked = (x: number, share: number, margin = x): EvaluationPoint => {
      const row = evaluated(x, '1'.repeat(100 * share) + '0'.repeat(100 - 100 * share));
      const { solved: _, ...rest } = row.evaluation;
      return {
        x,
        evaluation: {
          ...rest,
          kind: 'pairs',
          metrics: { 'eval_rewards/margins': margin },
        } as EvaluationPoint['evaluation'],
      };
    };
    const before = ranked(0, 0); // tied, and so none right
    const [harm] = remarksOn(
      live({ since: moved(0, -4, -1), evaluations: [before, ranked(5, 0.9), ranked(10, 0.6)] }),
    );
    expect(harm).toMatchObject({ id: 'harmful-fall', step: 5 });
    expect(harm!.text).toContain('fewer held-out pairs are ranked right: best was step 5, with 90.0');
    const [fine] = remarksOn(
      live({ since: moved(0, -0.5, 0), evaluations: [before, ranked(5, 0.8), ranked(10, 0.9)] }),
    );
    expect(fine!.text).toContain('as many held-out pairs are ranked right as at first: harmless');
    // Against the tie before the first step nothing can be lost or held.
    expect(ids({ since: moved(0, -0.5, 0), evaluations: [before, ranked(10, 0.9)] })).toEqual([]);
  });

  it('see a fall on what both answers have', () => {
    expect(ids({ since: moved(-2, -1, 0) })).toEqual(['shared-fall']);
    expect(ids({ since: moved(-0.5, -1, -1) })).toEqual([]);
  });

  it('count what was broken for what was mended', () => {
    const broke = [evaluated(0, half), evaluated(10, '01'.repeat(50))];
    expect(ids({ evaluations: broke })).toEqual(['broke-half']);
    expect(ids({ evaluations: [evaluated(0, '1000'), evaluated(10, '0100')] })).toEqual([]);
  });

  it('say when the pairs are learned and the task is not', () => {
    const evaluations = [evaluated(0, most), evaluated(10, half)];
    expect(ids({ evaluations, points: [point(10, { 'rewards/accuracies': 1 })] })).toContain(
      'ranked-but-lost',
    );
    expect(ids({ evaluations, points: [point(10, { 'rewards/accuracies': 0.9 })] })).not.toContain(
      'ranked-but-lost',
    );
  });

  it('tell why the loss stays at ln 2', () => {
    const points = (loss: number, grad: number) =>
      [1, 2, 3, 4, 5].map((x) => point(x, { loss, grad_norm: grad }));
    expect(remarksOn(live({ points: points(Math.LN2, 0.3), learningRate: 1e-7 }))[0]!.text).toContain(
      'learning rate is 1.00e',
    );
    expect(remarksOn(live({ points: points(Math.LN2, 0) }))[0]!.text).toContain('nothing is trained');
    expect(ids({ points: points(0.68, 0.3) })).toEqual([]);
    expect(ids({ points: points(Math.LN2, 0).slice(1) })).toEqual([]);
    /** Why, of a pair whose sides have so many tokens in the three stretches and moved so far. */
    const why = (tokens: ProbeSide['tokens'], by: number, grad: number) => {
      const since = sinceStart(
        [0, 1].map((i) => ({
          x: 5 * i,
          probe: {
            stage: 'dpo',
            step: 5 * i,
            pairs: [
              {
                tree: 0,
                heldOut: false,
                chosen: { logProb: [0, by * i, 0] as [number, number, number], tokens },
                rejected: { logProb: [0, by * i, 0] as [number, number, number], tokens },
              },
            ],
          },
        })),
      );
      return remarksOn(live({ since, points: points(Math.LN2, grad) })).find(({ id }) => id === 'undecided')!
        .text;
    };
    expect(why([0, 0, 0], 0, 0)).toContain('Nothing of the answers is left');
    expect(why([6, 0, 0], 0, 0)).toContain('same tokens');
    expect(why([3, 1, 3], 0, 0)).toContain('nothing is trained');
    expect(why([3, 1, 3], 0.02, 0.3)).toContain('learning rate is');
    expect(why([3, 1, 3], -2, 0.3)).toContain('the reference follows the policy');
  });

  it('say when the loss only pushes on what is learned', () => {
    const since = moved(0, 1, 0);
    expect(ids({ since, push: { x: 10, share: 0.15 } })).toEqual(['pushing-on']);
    expect(ids({ since, push: { x: 10, share: 0.4 } })).toEqual([]);
    expect(ids({ since })).toEqual([]);
  });

  it('see answers grow, and rewards that go by length', () => {
    const long = (x: number, meanTokens: number): EvaluationPoint => {
      const row = evaluated(x, most);
      return { ...row, evaluation: { ...row.evaluation, meanTokens } };
    };
    const [grown] = remarksOn(live({ evaluations: [long(0, 20), long(10, 23)] }));
    expect(grown).toMatchObject({ id: 'grew-longer', step: 10 });
    expect(grown!.text).toContain('15');
    expect(ids({ evaluations: [long(0, 20), long(10, 21)] })).toEqual([]);
    /** Ten pairs whose answers gain by their length, or against it. */
    const byLength = (sign: number) =>
      sinceStart(
        [0, 10].map((x) => ({
          x,
          probe: {
            stage: 'dpo',
            step: x,
            pairs: Array.from({ length: 10 }, (_, i) => {
              const of = (n: number): ProbeSide => ({
                logProb: [0, (sign * n * x) / 100, 0],
                tokens: [0, 1, n - 1],
              });
              return { tree: i, heldOut: false, chosen: of(i + 5), rejected: of(2 * i + 3) };
            }),
          },
        })),
      );
    expect(ids({ since: byLength(1) })).toContain('length-rewarded');
    expect(ids({ since: byLength(-1) })).not.toContain('length-rewarded');
    expect(ids({ since: byLength(1).slice(0, 1) })).toEqual([]); // nothing has moved yet
  });

  it('see the ways of being right become fewer', () => {
    const varied = (x: number, value: number): EvaluationPoint => {
      const row = evaluated(x, most);
      const measures = [
        {
          id: 'distinct-of-8',
          name: 'different ways',
          unit: 'ways',
          better: 'higher' as const,
          value,
          interval: [value - 0.2, value + 0.2] as [number, number],
          count: 40,
        },
      ];
      return { ...row, evaluation: { ...row.evaluation, measures } };
    };
    expect(ids({ evaluations: [varied(0, 3), varied(10, 2)] })).toEqual(['less-varied']);
    expect(ids({ evaluations: [varied(0, 3), varied(10, 2.7)] })).toEqual([]);
  });

  it('are three at most, and can be put away', () => {
    const run = live({
      since: moved(-4, -1, 0),
      evaluations: [evaluated(0, most), evaluated(5, most), evaluated(10, none)],
      points: [point(10, { 'rewards/accuracies': 1 })],
    });
    expect(remarksOn(run)).toHaveLength(3);
    expect(remarksOn(run, new Set(['harmful-fall'])).map(({ id }) => id)).toEqual([
      'ranked-but-lost',
      'broke-half',
      'shared-fall',
    ]);
  });
});
