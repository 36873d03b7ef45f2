import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import type { PipelineContext, Sample } from '../../../src/search/pipeline';
import { attacks } from '../../../src/sources/attacks';
import { labelledPairs } from '../../../src/sources/labelled-pairs';
import { lengthBiased } from '../../../src/sources/length-biased';
import { mixedWriters, writerLabels } from '../../../src/sources/mixed-writers';
import { sampledAnswers } from '../../../src/sources/sampled-answers';
import type { Source } from '../../../src/sources/source';
import { guard } from '../../../src/tasks/guard/guard';
import { refusals, solved } from '../../../src/tasks/guard/requests';
import { sumOf } from '../../../src/tasks/sums';
import { talk } from '../../../src/tasks/talk';
import type { Problem, Task } from '../../../src/tasks/task';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';
import { validateTree } from '../../../src/tree/validate';
import { createRng, type Rng } from '../../../src/util/rng';
import { unasked } from '../../support/unasked';
import { gather } from '../search/fake-context';

const characters = [...'0123456789+-=,:.;#?!<>[] ~ARabcdefghijklmnopstvy\n'];
const tokenizer = {
  vocabSize: 3 + characters.length,
  pad: 0,
  bos: 1,
  eos: 2,
  encode: (text: string) => [...text].map((c) => 3 + characters.indexOf(c)),
  decode: (tokens: readonly number[]) => tokens.map((t) => characters[t - 3] ?? '').join(''),
  token: (id: number) => characters[id - 3] ?? '?',
};

/** A context whose model answers as `write` says. */
const contextFor = (
  task: Task,
  write: (problem: Problem, rng: Rng, temperature: number) => string,
  count = 24,
  difficulty = task.difficulties.at(-1)!.id,
) => {
  const rng = createRng(2);
  const [draws, model] = [rng.fork('problems'), rng.fork('model')];
  const known = new Map<string, Problem>();
  const temperatures: number[] = [];
  const context: PipelineContext = {
    ...unasked,
    task,
    tokenizer,
    rng: rng.fork('pipeline'),
    problems: () => {
      const problem = task.draw(draws, difficulty);
      known.set(problem.prompt, problem);
      return problem;
    },
    sample: async (requests, options) => {
      temperatures.push(options.temperature);
      return requests.map(({ tokens }) => {
        const problem = known.get(tokenizer.decode(tokens))!;
        return Array.from({ length: options.count }, (): Sample => {
          const made = [...tokenizer.encode(write(problem, model, options.temperature)), tokenizer.eos];
          const logProbs = made.map(() => -0.5);
          return { tokens: made, logProbs, proposalLogProbs: logProbs, finished: true };
        });
      });
    },
    count,
    maxTokens: 200,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  return { context, known, temperatures };
};

const textOf = (tree: PreferenceTree, response: number) =>
  tokenizer.decode(
    pathOf(tree, tree.responses[response]!.leaf)
      .filter((n) => tree.nodes[n]!.scored)
      .flatMap((n) => tree.nodes[n]!.tokens)
      .filter((t) => t !== tokenizer.eos),
  );
const promptOf = (tree: PreferenceTree) => tokenizer.decode(tree.nodes[0]!.tokens.slice(1));

const make = async (
  source: Source,
  context: PipelineContext,
  params: Record<string, number | string | boolean> = {},
) => {
  const trees = await gather(source.make(context, { ...defaultParams(source), ...params }));
  for (const tree of trees) validateTree(tree, tokenizer.vocabSize, 500);
  return trees;
};

/** Refuses a third of what is forbidden, and gets half of the rest right. */
const halting = (problem: Problem, rng: Rng): string => {
  if (problem.data['topic'] !== '' && rng.next() < 1 / 3) return refusals[0]!;
  return rng.next() < 0.5 ? solved(sumOf(problem)) : 'A:1';
};

describe('attacks', () => {
  it('prefers a refusal to the model’s own unsafe answer, and ordinary rightness beside it', async () => {
    const { context, known } = contextFor(guard, halting);
    const trees = await make(attacks, context);
    expect(trees.length).toBe(24);
    let ordinary = 0;
    for (const tree of trees) {
      const problem = known.get(promptOf(tree))!;
      const [chosen, rejected] = [textOf(tree, 0), textOf(tree, 1)];
      expect(guard.verify(problem, chosen).correct).toBe(true);
      expect(guard.verify(problem, rejected).correct).toBe(false);
      if (problem.data['topic'] === '') ordinary++;
      else {
        expect(chosen).toBe('R:no');
        expect(rejected.startsWith('R')).toBe(false);
      }
    }
    expect(ordinary).toBe(12);
  });

  it('keeps to so many attacks and topics, and takes another writer’s words', async () => {
    const { context, known } = contextFor(guard, halting);
    const trees = await make(attacks, context, { attacks: 2, topics: 1, ordinary: 0, refusal: 'strong' });
    const seen = trees.map((tree) => known.get(promptOf(tree))!.data);
    expect(new Set(seen.map((d) => d['wrapper'])).size).toBe(2);
    expect(new Set(seen.map((d) => d['topic'])).size).toBe(1);
    for (const tree of trees) expect(textOf(tree, 0)).toBe(refusals[1]);
  });

  it('says what it saw of a model that is safe already', async () => {
    const { context } = contextFor(guard, (problem) => problem.solution, 4);
    await expect(make(attacks, context, { ordinary: 0 })).rejects.toThrow(
      /Only 0 of 4 trees.*none was wrong/s,
    );
  });
});

describe('pairs by a judge', () => {
  it('prefers what is safe, with right answers compared with themselves as anchors', async () => {
    const { context, known } = contextFor(guard, halting);
    const trees = await make(labelledPairs, context, { by: 'safe', anchors: 0.5 });
    const anchors = trees.filter((tree) => tree.responses[0]!.leaf === tree.responses[1]!.leaf);
    expect(anchors.length).toBe(12);
    for (const tree of anchors)
      expect(guard.verify(known.get(promptOf(tree))!, textOf(tree, 0)).correct).toBe(true);
    for (const tree of trees.filter((t) => !anchors.includes(t))) {
      expect(textOf(tree, 0)).toBe('R:no');
      expect(textOf(tree, 1).startsWith('R')).toBe(false);
      expect(tree.responses.map((r) => r.labels!['desirable'])).toEqual([1, 0]);
    }
  });

  it('prefers what is helpful, safe or not', async () => {
    const { context } = contextFor(guard, halting);
    for (const tree of await make(labelledPairs, context, { by: 'score' })) {
      expect(tree.comparisons[0]!.margin).toBeGreaterThan(0);
      expect(textOf(tree, 0).startsWith('R')).toBe(false);
    }
  });
});

it('single answers are labelled by the side that is asked for', async () => {
  const { context, known } = contextFor(guard, halting);
  for (const tree of await make(sampledAnswers, context, { desirable: 'safe' })) {
    const forbidden = known.get(promptOf(tree))!.data['topic'] !== '';
    for (const [r, { labels }] of tree.responses.entries())
      expect(labels!['desirable']).toBe(forbidden && !textOf(tree, r).startsWith('R') ? 0 : 1);
  }
  expect(sampledAnswers.needs!({ desirable: 'safe' })).toEqual(['safe']);
  expect(sampledAnswers.needs!({ desirable: 'right' })).toEqual([]);
});

describe('answers by several writers', () => {
  const sides = async (params: Record<string, string | boolean>) => {
    const { context, known, temperatures } = contextFor(guard, halting);
    const trees = await make(mixedWriters, context, params);
    const [self, strong, gold] = [writerLabels.self, writerLabels.strong, writerLabels.gold];
    const writers = trees.map((t) => t.responses.map((r) => r.labels!['writer']));
    return { trees, known, temperatures, writers, self, strong, gold };
  };

  it('are the five data sets', async () => {
    const own = await sides({ writers: 'self' });
    expect(own.writers.every(([w, l]) => w === own.self && l === own.self)).toBe(true);
    for (const tree of own.trees) expect(tree.responses[0]!.score).toBeGreaterThan(tree.responses[1]!.score!);
    const gold = await sides({ writers: 'gold' });
    expect(gold.writers.every(([w, l]) => w === gold.gold && l === gold.self)).toBe(true);
    expect(new Set(gold.temperatures)).toEqual(new Set([0]));
    const strong = await sides({ writers: 'strong', decoding: 'matched' });
    expect(strong.writers.every(([w]) => w === strong.strong)).toBe(true);
    expect(new Set(strong.temperatures)).toEqual(new Set([1]));
    for (const tree of strong.trees) {
      expect(guard.verify(strong.known.get(promptOf(tree))!, textOf(tree, 0)).correct).toBe(true);
      expect(textOf(tree, 0)).toMatch(/\.$/);
    }
    const pool = await sides({ writers: 'pool' });
    expect(new Set(pool.writers.map(([w]) => w)).size).toBe(2);
    const original = await sides({ writers: 'original' });
    expect(original.writers.every(([w, l]) => w === original.gold && l === writerLabels.careless)).toBe(true);
  });

  it('may be turned round by the reward model', async () => {
    // A model that is always right is never worse than gold.
    const { context } = contextFor(guard, (p) => guard.writers!.strong(p));
    const trees = await make(mixedWriters, context, { writers: 'gold', reorder: true });
    for (const tree of trees)
      expect(tree.responses[0]!.score).toBeGreaterThanOrEqual(tree.responses[1]!.score!);
  });
});

it('the longest right answer is set against the shortest wrong one', async () => {
  const { context, known } = contextFor(
    talk,
    (problem, rng) => {
      const lines = rng.next() < 0.5 ? problem.solution : 'A:1';
      return lines + `\n~${lines.split('\n')[0]}`.repeat(rng.int(4));
    },
    16,
    'medium',
  );
  const answers = new Map<string, string[]>();
  const sample = context.sample;
  context.sample = async (requests, options) => {
    const all = await sample(requests, options);
    for (const [i, { tokens }] of requests.entries())
      answers.set(
        tokenizer.decode(tokens),
        all[i]!.map((s) => tokenizer.decode(s.tokens)),
      );
    return all;
  };
  for (const tree of await make(lengthBiased, context)) {
    const prompt = promptOf(tree);
    const right = (text: string) => talk.verify(known.get(prompt)!, text).correct;
    const lengths = (texts: string[]) => texts.map((t) => t.length);
    const own = answers.get(prompt)!;
    expect(right(textOf(tree, 0))).toBe(true);
    expect(textOf(tree, 0).length).toBe(Math.max(...lengths(own.filter(right))));
    expect(right(textOf(tree, 1))).toBe(false);
    expect(textOf(tree, 1).length).toBe(Math.min(...lengths(own.filter((t) => !right(t)))));
  }
});
