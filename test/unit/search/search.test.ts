import { describe, expect, it } from 'vitest';
import { distinctSteps, goldNextStep, rightNextSteps } from '../../../src/search/continuations';
import { firstWrong } from '../../../src/search/first-wrong';
import type { Sample } from '../../../src/search/pipeline';
import type { Answer } from '../../../src/search/sample-answers';
import { answerBatches, REQUESTS_PER_CALL, sampleAnswers } from '../../../src/search/sample-answers';
import { splitTokens } from '../../../src/search/split-tokens';
import { describeTally, newTally, problemLimit, tooFewTrees } from '../../../src/search/tally';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { Problem } from '../../../src/tasks/task';
import { charTokenizer, fakeContext } from './fake-context';

const { encode, decode, eos, pad } = charTokenizer;

const problem: Problem = {
  id: 'p',
  prompt: '7,+5,*3\n',
  solution: '7+5=12\n12*3=36\nA:36',
  answer: '36',
  difficulty: 'easy',
  data: { start: 7, operations: ['+5', '*3'] },
};

const answer = (text: string): Answer => ({
  proposalLogProb: -1,
  problem,
  text,
  steps: splitTokens(arithmetic, charTokenizer, [...encode(text), eos]),
  verdict: arithmetic.verify(problem, text),
});

/** Text of the prefix and the wrong step, with | for EOS. */
const found = (text: string) => {
  const result = firstWrong(answer(text), { eos });
  const show = (tokens: number[]) => tokens.map((t) => (t === eos ? '|' : decode([t]))).join('');
  return result && [result.prefix.map((s) => show(s.tokens)).join(''), show(result.wrong.tokens)];
};

describe('firstWrong', () => {
  it('is undefined for a right answer', () => expect(found(problem.solution)).toBeUndefined());

  it('finds the first wrong line, without EOS, though later ones are wrong too', () => {
    expect(found('7+5=13\n13*3=38\nA:1')).toEqual(['', '7+5=13\n']);
    expect(found('7+5=12\n12*3=35\nA:35')).toEqual(['7+5=12\n', '12*3=35\n']);
  });

  it('keeps the EOS that ends a wrong answer line', () => {
    expect(found('7+5=12\n12*3=36\nA:35')).toEqual(['7+5=12\n12*3=36\n', 'A:35|']);
  });

  it('takes the EOS of an answer that stops too early', () => {
    expect(found('7+5=12\n')).toEqual(['7+5=12\n', '|']);
    expect(found('')).toEqual(['', '|']);
    // No newline ends the line: EOS in its place is the mistake, and the line goes with it.
    expect(found('7+5=12')).toEqual(['', '7+5=12|']);
  });

  it('takes any token that the model names as an end for one', () => {
    const turn = pad;
    const early = {
      ...answer('7+5=12\n'),
      steps: splitTokens(arithmetic, charTokenizer, [...encode('7+5=12\n'), turn]),
    };
    expect(firstWrong(early, { eos, ends: [eos, turn] })?.wrong).toEqual({ text: '', tokens: [turn] });
    expect(firstWrong(early, { eos })?.wrong.tokens).toEqual([...encode('7+5=12\n'), turn]);
  });

  it('finds text after the answer', () => {
    expect(found('7+5=12\n12*3=36\nA:36\nA:36')).toEqual(['7+5=12\n12*3=36\nA:36\n', 'A:36|']);
  });
});

/** A context whose sampler answers each call with these texts, EOS added unless they end in `~`. */
const scripted = (texts: string[]) => {
  const { context } = fakeContext({ count: 1 });
  context.sample = async (requests) =>
    requests.map(() =>
      texts.map((text): Sample => {
        const finished = !text.endsWith('~');
        const tokens = [...encode(text.replace('~', '')), ...(finished ? [eos] : [])];
        const logProbs = tokens.map(() => -1);
        return { tokens, logProbs, proposalLogProbs: logProbs, finished };
      }),
    );
  return context;
};
const sampling = { count: 3, temperature: 1, topP: 1 };

describe('sampleAnswers', () => {
  it('verifies, and leaves out what did not end or holds special tokens', async () => {
    const context = scripted([problem.solution, '7+5=13\nA:1', '7+5~']);
    const { sample } = context;
    context.sample = async (...args) => {
      const lists = await sample(...args);
      lists[0]!.push({ tokens: [pad, eos], logProbs: [-1, -1], proposalLogProbs: [-1, -1], finished: true });
      return lists;
    };
    const tally = newTally();
    const [answers] = await sampleAnswers(context, [problem], sampling, tally);
    expect(answers!.map((a) => a.verdict.correct)).toEqual([true, false]);
    expect(tally).toMatchObject({ problems: 1, sampled: 4, right: 1, wrong: 1, unusable: 2 });
    expect(describeTally(tally)).toBe('4 answers sampled, 1 wrong, 2 cut off');
  });

  it('draws batches up to the limit and no further', async () => {
    const { context } = fakeContext({ count: 1 });
    const tally = newTally();
    for await (const batch of answerBatches(context, sampling, tally, () => 100)) {
      expect(batch.length).toBeLessThanOrEqual(REQUESTS_PER_CALL);
    }
    expect(tally.problems).toBe(problemLimit(1));
  });
});

describe('rightNextSteps', () => {
  const prefix = { problem, steps: splitTokens(arithmetic, charTokenizer, encode('7+5=12\n')) };

  it('keeps each right first step once, and only of answers that end right', async () => {
    const tally = newTally();
    const context = scripted([
      '12*3=36\nA:36',
      '12*3=36\nA:36',
      '12*3=36\nA:35', // a right step, but the answer is wrong
      '12*3=35\nA:36', // the right answer by a wrong step
      '12*3=36\nA:3~', // not ended
    ]);
    const [steps] = await rightNextSteps(context, [prefix], sampling, tally);
    expect(steps).toEqual([{ text: '12*3=36\n', tokens: encode('12*3=36\n') }]);
    expect(tally).toMatchObject({ continued: 5, continuedRight: 2 });
  });

  it('keeps the EOS that ends the answer line', async () => {
    const solved = { problem, steps: splitTokens(arithmetic, charTokenizer, encode('7+5=12\n12*3=36\n')) };
    const [steps] = await rightNextSteps(scripted(['A:36', 'A:35']), [solved], sampling, newTally());
    expect(steps).toEqual([{ text: 'A:36', tokens: [...encode('A:36'), eos] }]);
  });

  it('asks for no more tokens than are left of the response', async () => {
    const { context, calls, known } = fakeContext({ count: 1, maxTokens: 30 });
    known.set(problem.prompt, problem);
    await rightNextSteps(context, [prefix], sampling, newTally());
    expect(calls[0]![0]!.maxTokens).toBe(30 - encode('7+5=12\n').length);
  });

  it('returns results in the order of the prefixes, over several calls', async () => {
    const { context, calls, known } = fakeContext({ count: 1, mistakes: 0 });
    known.set(problem.prompt, problem);
    const empty = { problem, steps: [] };
    const many = Array.from({ length: REQUESTS_PER_CALL + 6 }, (_, i) => (i % 2 === 0 ? prefix : empty));
    const result = await rightNextSteps(context, many, sampling, newTally());
    expect(calls.map((c) => c.length)).toEqual([REQUESTS_PER_CALL, 6]);
    result.forEach((steps, i) => {
      expect(steps.map((s) => s.text)).toEqual([i % 2 === 0 ? '12*3=36\n' : '7+5=12\n']);
    });
  });

  it('supplies the verifier’s step, with EOS on the last line', () => {
    const { context } = fakeContext({ count: 1 });
    expect(goldNextStep(context, prefix)).toEqual({ text: '12*3=36\n', tokens: encode('12*3=36\n') });
    const solved = { problem, steps: splitTokens(arithmetic, charTokenizer, encode('7+5=12\n12*3=36\n')) };
    expect(goldNextStep(context, solved)!.tokens).toEqual([...encode('A:36'), eos]);
    const wrong = { problem, steps: splitTokens(arithmetic, charTokenizer, encode('7+5=13\n')) };
    expect(goldNextStep(context, wrong)).toBeUndefined();
  });
});

it('distinctSteps tells steps apart by their tokens', () => {
  const line = { text: 'A:3', tokens: encode('A:3') };
  const ended = { text: 'A:3', tokens: [...encode('A:3'), eos] };
  expect(distinctSteps([line, ended, { ...line }])).toEqual([line, ended]);
});

it('the error for too few trees names the likeliest cause and a remedy', () => {
  const ctx = { count: 8, maxTokens: 40 };
  const seen = (part: object) => tooFewTrees(ctx, 1, { ...newTally(), problems: 320, sampled: 640, ...part });
  expect(seen({ unusable: 600, wrong: 20 }).message).toBe(
    'Only 1 of 8 trees could be made from 320 problems: 600 of 640 sampled answers did not end within 40 tokens. ' +
      'Raise data.maxTokens, or use a model that was trained on this task.',
  );
  expect(seen({ right: 636, wrong: 4 }).message).toMatch(/only 4 were wrong\. Choose a harder/);
  expect(seen({ wrong: 636, right: 4 }).message).toMatch(/only 4 were right\. Choose an easier/);
  expect(seen({ wrong: 400, right: 240, continued: 900, continuedRight: 0 }).message).toMatch(
    /none was right/,
  );
  expect(seen({ wrong: 400, right: 240 }).message).toMatch(/640 answers sampled, 400 wrong\. Ask for fewer/);
});
