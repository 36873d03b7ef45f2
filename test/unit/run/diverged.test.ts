import { describe, expect, it } from 'vitest';
import { checkScores, DivergedError, divergedMessage } from '../../../src/run/diverged';

const sound = { loss: 0.69, 'logps/chosen': -12, 'logps/rejected': -13, grad_norm: 1.5 };
const rows = ['pairs.jsonl, line 4', 'pairs.jsonl, line 9'];

describe('what is said of a number that is not finite', () => {
  it('is about the learning rate once something was learned', () => {
    const message = divergedMessage({ ...sound, loss: Number.NaN }, 8, false, rows);
    expect(message).toMatch(
      /^loss became NaN at step 8; the weights of step 7 are kept\. Lower the learning rate/,
    );
  });

  it.each([
    [
      { ...sound, loss: Number.NaN, 'logps/rejected': Number.NaN },
      /The model gives these examples log-probs that are not finite/,
    ],
    [{ loss: Number.NaN, grad_norm: Number.NaN }, /The model gives these examples log-probs/],
    [
      { ...sound, loss: Number.POSITIVE_INFINITY, grad_norm: Number.NaN },
      /log-probs of these examples are finite.*one of its parameters/,
    ],
    [
      { ...sound, grad_norm: Number.POSITIVE_INFINITY },
      /^grad_norm is Infinity.*The loss is finite, but its gradient is not/,
    ],
  ])('before that, of where it comes from: %j', (metrics, reason) => {
    const message = divergedMessage(metrics, 1, false, rows);
    expect(message).toMatch(/before anything was learned, so the learning rate has no part in it/);
    expect(message).not.toMatch(/lower/i);
    expect(message).toMatch(reason);
    expect(message).toMatch(/The examples: pairs\.jsonl, line 4; pairs\.jsonl, line 9\.$/);
  });

  it('is about the learning rate where an earlier pass has learned', () => {
    expect(divergedMessage({ loss: Number.NaN }, 1, true, rows)).toMatch(
      /weights of step 0 are kept\. Lower/,
    );
  });

  it('names a few of many examples', () => {
    const many = Array.from({ length: 40 }, (_, i) => `row ${i}`);
    expect(divergedMessage({ loss: Number.NaN }, 1, false, many)).toMatch(
      /row 0; row 1; row 2 and 37 more\.$/,
    );
  });
});

it('the first example that cannot be scored is named', () => {
  const scores = new Map([
    ['a', Float32Array.of(-1, -2)],
    ['b', Float32Array.of(-3, Number.NEGATIVE_INFINITY)],
    ['c', Float32Array.of(Number.NaN)],
  ]);
  expect(() => checkScores(scores, 'the reference')).toThrow(DivergedError);
  expect(() => checkScores(scores, 'the reference')).toThrow(
    /^b: the reference gives one of its tokens -Infinity for a log-prob/,
  );
  scores.delete('b');
  scores.delete('c');
  checkScores(scores, 'the reference');
});
