import { describe, expect, it } from 'vitest';
import { finishedWords, isTied, outcomeOf } from '../../../src/train/outcome';
import { wilson } from '../../../src/util/wilson';
import type { Evaluation } from '../../../workers/protocol';

const answers = (step: number, right: number, stage = 'dpo'): Evaluation => ({
  step,
  stage,
  problems: 200,
  accuracy: right / 200,
  interval: wilson(right, 200),
  stepAccuracy: 0.9,
  meanTokens: 30,
});

const pairs = (step: number, ranked: number, loss: number, margin: number): Evaluation => ({
  kind: 'pairs',
  step,
  stage: 'dpo',
  problems: 40,
  accuracy: ranked / 40,
  interval: wilson(ranked, 40),
  stepAccuracy: 0,
  meanTokens: 30,
  metrics: { eval_loss: loss, 'eval_rewards/margins': margin, 'eval_rewards/accuracies': ranked / 40 },
});

describe('what a finished run says', () => {
  it('tells a rise from a fall and a fall from a collapse, and names the best where the end is clearly below it', () => {
    expect(finishedWords([answers(0, 108), answers(30, 128)], 30)).toBe(
      'Finished: held-out accuracy rose from 54.0 % to 64.0 %.',
    );
    expect(finishedWords([answers(0, 108), answers(30, 104)], 30)).toBe(
      'Finished: held-out accuracy fell from 54.0 % to 52.0 %.',
    );
    expect(finishedWords([answers(0, 108), answers(20, 142), answers(30, 108)], 30)).toBe(
      'Finished: held-out accuracy stayed at 54.0 %; its best was 71.0 % at step 20.',
    );
    expect(finishedWords([answers(0, 108), answers(1200, 120), answers(2000, 0)], 2000)).toBe(
      'Finished: held-out accuracy collapsed from 54.0 % to 0.0 %; its best was 60.0 % at step 1,200.',
    );
    expect(finishedWords([], 1)).toBe('Finished after 1 step.');
    expect(finishedWords([answers(0, 3)], 4096)).toBe('Finished after 4,096 steps.');
  });

  it('calls a fall clear only when chance does not explain it', () => {
    expect(outcomeOf([answers(0, 108), answers(30, 104)])).toMatchObject({ trend: 'worse', clear: false });
    expect(outcomeOf([answers(0, 108), answers(30, 70)])).toMatchObject({ trend: 'worse', clear: true });
    expect(outcomeOf([answers(0, 108), answers(30, 40)])).toMatchObject({ trend: 'collapsed', clear: true });
    // Few problems: none of four is no collapse.
    const few = (right: number, step: number) => ({
      ...answers(step, 0),
      problems: 4,
      accuracy: right / 4,
      interval: wilson(right, 4),
    });
    expect(outcomeOf([few(1, 0), few(0, 30)])).toMatchObject({ trend: 'worse', clear: false });
    // The best of another pass says nothing about this one.
    expect(outcomeOf([answers(0, 108), answers(30, 180, 'guide'), answers(30, 120)])!.best).toBeUndefined();
  });

  it('calls margins of 0 before the first update tied, and says that of the pairs that are ranked later', () => {
    const tied = pairs(0, 0, Math.log(2), 0);
    expect(isTied(tied)).toBe(true);
    expect(isTied(pairs(0, 17, 0.69313, 3e-7))).toBe(true); // rounding ranks some of them
    expect(isTied(pairs(0, 30, 0.5, 0.4))).toBe(false); // an adapter that has learned before
    expect(isTied(pairs(10, 0, 0.9, 0))).toBe(false);
    expect(finishedWords([tied, pairs(30, 30, 0.5, 0.8)], 30)).toBe(
      'Finished: the loss on held-out rows fell from 0.6931 to 0.5000, and 75.0 % of held-out pairs are ranked right, where all were tied.',
    );
    expect(outcomeOf([tied, pairs(10, 30, 0.5, 0.8), pairs(30, 31, 1.25, 1)])).toMatchObject({
      trend: 'worse',
      clear: true,
    });
    expect(finishedWords([tied, pairs(10, 30, 0.5, 0.8), pairs(30, 31, 1.25, 1)], 30)).toContain(
      'rose from 0.6931 to 1.2500 (its lowest was 0.5000 at step 10)',
    );
  });
});
