import { describe, expect, it } from 'vitest';
import { defaultParams } from '../../../src/methods/params';
import { firstMistakes } from '../../../src/sources/first-mistakes';
import { arithmetic } from '../../../src/tasks/arithmetic';
import { packForest } from '../../../src/tree/pack';
import { charTokenizer, fakeContext, gather } from '../search/fake-context';

const params = defaultParams(firstMistakes);
const { decode, eos } = charTokenizer;

describe('the Step-DPO pipeline', () => {
  it('prefers a right step over the first wrong one, after a correct prefix', async () => {
    const { context, known, notes } = fakeContext({ count: 40 });
    const trees = await gather(firstMistakes.make(context, params));
    expect(trees).toHaveLength(40);
    expect(new Set(trees.map((tree) => tree.id)).size).toBe(40);
    packForest(trees); // every tree is valid
    for (const tree of trees) {
      const prompt = decode(tree.nodes[0]!.tokens);
      const problem = known.get(prompt)!;
      expect(tree.nodes[0]!.tokens[0]).toBe(charTokenizer.bos);
      const [chosen, rejected] = tree.responses.map((r) => tree.nodes[r.leaf]!);
      const prefix = tree.nodes.slice(1, -2);
      expect(tree.nodes.filter((n) => n.scored)).toEqual([chosen, rejected]);
      expect(chosen!.parent).toBe(rejected!.parent);
      const before = prefix.map((n) => decode(n.tokens)).join('');
      expect(arithmetic.verify(problem, before).steps.every((s) => s.correct)).toBe(true);
      expect(prefix.every((n) => n.labels?.['correct'] === 1)).toBe(true);
      const k = prefix.length;
      expect(arithmetic.verify(problem, before + decode(chosen!.tokens)).steps[k]!.correct).toBe(true);
      expect(arithmetic.verify(problem, before + decode(rejected!.tokens)).steps[k]!.correct).toBe(false);
      expect([chosen!.labels?.['correct'], rejected!.labels?.['correct']]).toEqual([1, 0]);
      expect(chosen!.tokens).not.toEqual(rejected!.tokens);
      // EOS only where it, and not a newline, ends the line.
      for (const node of [chosen!, rejected!]) {
        expect(node.tokens.includes(eos)).toBe(!decode(node.tokens).endsWith('\n'));
      }
    }
    expect(notes.at(-1)!.done).toBe(40);
    expect(notes.at(-1)!.note).toMatch(/\d+ answers sampled, \d+ wrong; \d+ continuations, \d+ right/);
  });

  it('repeats itself from a seed, and not from another', async () => {
    const run = (seed: number) =>
      gather(firstMistakes.make(fakeContext({ count: 12, seed }).context, params));
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it('samples the asked number of continuations, from the prompt and the correct steps only', async () => {
    const { context, known, calls } = fakeContext({ count: 10 });
    await gather(firstMistakes.make(context, { ...params, continuations: 5 }));
    const continued = calls.flat().filter((c) => c.count === 5);
    expect(continued.length).toBeGreaterThanOrEqual(10);
    for (const { text } of continued) {
      const end = text.indexOf('\n') + 1;
      const { steps } = arithmetic.verify(known.get(text.slice(0, end))!, text.slice(end));
      expect(steps.every((s) => s.correct && s.text.endsWith('\n'))).toBe(true);
    }
  });

  it('takes EOS alone as the wrong step of an answer that stops too early', async () => {
    const { context } = fakeContext({ count: 20, mistakes: 0, stops: 0.2 });
    for (const tree of await gather(firstMistakes.make(context, params))) {
      expect(tree.nodes.at(-1)!.tokens).toEqual([eos]);
      expect(tree.nodes.at(-2)!.labels?.['correct']).toBe(1);
    }
  });

  it('gives up with what it saw when the model is never wrong', async () => {
    const { context } = fakeContext({ count: 3, mistakes: 0 });
    await expect(gather(firstMistakes.make(context, params))).rejects.toThrow(
      /Only 0 of 3 trees .* from 200 problems: of 400 sampled answers none was wrong\. Choose a harder/,
    );
  });

  it('gives up when no continuation is right, unless the verifier may supply the step', async () => {
    const alwaysWrong = { count: 3, mistakes: 1 };
    const { context } = fakeContext(alwaysWrong);
    await expect(gather(firstMistakes.make(context, params))).rejects.toThrow(
      /continuations of correct prefixes none was right\. Choose an easier/,
    );
    const helped = fakeContext(alwaysWrong);
    const trees = await gather(firstMistakes.make(helped.context, { ...params, goldFallback: true }));
    expect(trees).toHaveLength(3);
    for (const tree of trees) {
      const chosen = tree.nodes.at(-2)!;
      expect(chosen.labels).toEqual({ correct: 1, gold: 1 });
      expect(helped.known.get(decode(tree.nodes[0]!.tokens))!.solution).toContain(decode(chosen.tokens));
    }
  });

  it('says so when answers do not end', async () => {
    const { context } = fakeContext({ count: 2, maxTokens: 5 });
    await expect(gather(firstMistakes.make(context, params))).rejects.toThrow(
      /did not end within 5 tokens\. Raise data\.maxTokens/,
    );
  });

  it('stops at an abort', async () => {
    const controller = new AbortController();
    const { context } = fakeContext({ count: 1000, signal: controller.signal });
    const trees = firstMistakes.make(context, params);
    await trees.next();
    controller.abort(new Error('a reason of its own'));
    await expect(gather(trees)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
