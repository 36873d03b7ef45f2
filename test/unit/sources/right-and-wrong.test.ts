import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import { rightAndWrong } from '../../../src/sources/right-and-wrong';
import { workedSolutions } from '../../../src/sources/worked-solutions';
import { arithmetic } from '../../../src/tasks/arithmetic';
import { packForest } from '../../../src/tree/pack';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';
import { charTokenizer, fakeContext, gather } from '../search/fake-context';

const params = defaultParams(rightAndWrong);
const { decode, eos } = charTokenizer;

const tokensOf = (tree: PreferenceTree, response: number) =>
  pathOf(tree, tree.responses[response]!.leaf)
    .slice(1)
    .flatMap((n) => tree.nodes[n]!.tokens);

describe('the DPO pipeline', () => {
  it('pairs a right with a wrong answer to the same problem, whole', async () => {
    const { context, known, notes } = fakeContext({ count: 30 });
    const trees = await gather(rightAndWrong.make(context, params));
    expect(trees).toHaveLength(30);
    packForest(trees);
    let shared = 0;
    for (const tree of trees) {
      const problem = known.get(decode(tree.nodes[0]!.tokens))!;
      const [chosen, rejected] = [tokensOf(tree, 0), tokensOf(tree, 1)];
      expect(arithmetic.verify(problem, decode(chosen)).correct).toBe(true);
      expect(arithmetic.verify(problem, decode(rejected)).correct).toBe(false);
      expect([chosen.at(-1), rejected.at(-1)]).toEqual([eos, eos]);
      expect(tree.nodes.slice(1).every((n) => n.scored)).toBe(true);
      expect(tree.responses.map((r) => r.score)).toEqual([1, 0]);
      shared += chosen.length + rejected.length - tree.nodes.slice(1).flatMap((n) => n.tokens).length;
      const verdict = arithmetic.verify(problem, decode(rejected));
      const labels = pathOf(tree, tree.responses[1]!.leaf)
        .slice(1)
        .map((n) => tree.nodes[n]!.labels!['correct']);
      expect(labels).toEqual(verdict.steps.map((s) => (s.correct ? 1 : 0)));
    }
    expect(shared).toBeGreaterThan(0);
    expect(notes.at(-1)).toMatchObject({ done: 30 });
  });

  it('says what it saw when no answer is right', async () => {
    const { context } = fakeContext({ count: 2, mistakes: 1 });
    await expect(gather(rightAndWrong.make(context, params))).rejects.toThrow(
      /Only 0 of 2 trees .*of 800 sampled answers none was right/,
    );
  });

  it('stops at an abort', async () => {
    const { context } = fakeContext({ count: 2, signal: AbortSignal.abort() });
    await expect(gather(rightAndWrong.make(context, params))).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the SFT pipeline', () => {
  it('makes chains of the worked solutions, a node per line, EOS last', async () => {
    const { context, known } = fakeContext({ count: 5 });
    const trees = await gather(workedSolutions.make(context, {}));
    expect(trees).toHaveLength(5);
    const batch = packForest(trees);
    expect(batch.comparisons).toEqual([]);
    for (const tree of trees) {
      const problem = known.get(decode(tree.nodes[0]!.tokens))!;
      expect(tree.nodes.slice(1).map((n) => decode(n.tokens))).toEqual(
        arithmetic.splitSteps(problem.solution),
      );
      expect(tree.nodes.at(-1)!.tokens.at(-1)).toBe(eos);
      expect(tree.nodes.flatMap((n) => n.tokens).filter((t) => t === eos)).toHaveLength(1);
    }
  });
});
