/** What the lessons ask the engine about the model of a run at its end, asked and worked out once more. */
import type { Page } from '@playwright/test';
import { mean, sum } from './numbers';

/** Shares of the push down on the rejected answers of the first pairs: on right lines, and undone by the other answer. */
export const pushes = async (page: Page, count: number) => {
  const pairs = await page.evaluate(async (most) => {
    const { api } = window.marginalia;
    const { total } = await api.trees(0, 1);
    const views = [];
    for (let i = 0; i < Math.min(most, total); i++) views.push((await api.credit(i)).responses);
    return views.map((responses) =>
      responses.map(({ role, tokens, steps }) => ({
        role,
        tokens: tokens.map(({ text, push, step }) => ({ text, push, right: steps[step]?.correct !== false })),
      })),
    );
  }, count);
  const rows = pairs.flatMap((responses) => {
    const [chosen, rejected] = ['chosen', 'rejected'].map(
      (side) => responses.find(({ role }) => role === side)!.tokens,
    );
    const parting = rejected!.findIndex(({ text }, at) => chosen![at]?.text !== text);
    return rejected!.map(({ push, right }, at) => {
      const down = Math.max(0, -push);
      const undone = at < parting || parting < 0 ? Math.min(down, Math.max(0, chosen![at]!.push)) : 0;
      return { down, undone, right };
    });
  });
  const all = sum(rows.map(({ down }) => down));
  return {
    pairs: pairs.length,
    right: sum(rows.map(({ down, right }) => (right ? down : 0))) / all,
    cancelled: sum(rows.map(({ undone }) => undone)) / all,
  };
};

/** Least and largest weight that an arm gives the scored tokens of its first pairs. */
export const weights = async (page: Page, arm: number, count: number) => {
  const values = await page.evaluate(
    async ([arm, count]) => {
      const views = [];
      for (let i = 0; i < count!; i++) views.push(await window.marginalia.api.credit(i, arm));
      return views.flatMap(({ responses }) =>
        responses.flatMap(({ tokens }) => tokens.filter(({ step }) => step >= 0).map(({ weight }) => weight)),
      );
    },
    [arm, count],
  );
  return { low: Math.min(...values).toFixed(2), high: Math.max(...values).toFixed(2) };
};

/** The two steps of each searched pair: how likely the model found it, how often it was gone through, whether it is right. */
export const searched = async (page: Page) => {
  const pairs = await page.evaluate(async () => {
    const { api } = window.marginalia;
    const { total } = await api.trees(0, 1);
    const found = [];
    for (let i = 0; i < total; i++) {
      const { search } = await api.credit(i);
      const [pair] = search?.pairs ?? [];
      if (pair) found.push([search!.nodes[pair.chosen]!, search!.nodes[pair.rejected]!] as const);
    }
    return found.map((two) =>
      two.map(({ prior = 0, visits = 0, correct = false }) => ({ prior, visits, correct })),
    );
  });
  const share = (test: (pair: (typeof pairs)[number]) => boolean) =>
    pairs.filter(test).length / Math.max(1, pairs.length);
  return {
    pairs: pairs.length,
    misled: share(([better, worse]) => worse!.prior > better!.prior),
    agreed: share(([better, worse]) => better!.correct && !worse!.correct),
    visits: [0, 1].map((side) => mean(pairs.map((pair) => pair[side]!.visits)).toFixed(1)),
  };
};

/** By how many tokens preferred answers are longer, in the mean. */
export const lengthGap = async (page: Page) =>
  mean(
    await page.evaluate(async () => {
      const { trees } = await window.marginalia.api.trees(0, 1000);
      return trees.flatMap(({ nodes, responses, comparisons }) => {
        const tokens = responses.map(({ leaf }) => {
          let all = 0;
          for (let at = leaf; at >= 0; at = nodes[at]!.parent)
            if (nodes[at]!.scored) all += nodes[at]!.tokens.length;
          return all;
        });
        return comparisons.map(({ chosen, rejected }) => tokens[chosen]! - tokens[rejected]!);
      });
    }),
  );

/** An experiment's numbers, with the lessons' seed. */
export const lab = (page: Page, id: string, params: Record<string, number | string> = {}) =>
  page.evaluate(async ([id, params]) => (await window.marginalia.api.runLab(id, params, 1)).numbers, [
    id,
    params,
  ] as const);

/** How well a probe of the states tells both sides of the run's pairs apart, and the length alone. */
export const separability = (page: Page) =>
  page.evaluate(async () => (await window.marginalia.api.analyse('separability', { pairs: 200 }, 1)).numbers);
