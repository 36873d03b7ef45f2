import { describe, expect, it } from 'vitest';
import { replaySearch } from '../../../src/search/replay';
import { pairsOfSearch } from '../../../src/search/search-pairs';
import type { Proposal, SearchNode } from '../../../src/search/search-tree';
import { backUp, expand, meanOf, rootOf, scoreOf, select } from '../../../src/search/search-tree';
import type { SearchSettings, SearchWorld } from '../../../src/search/tree-search';
import { searchTrees } from '../../../src/search/tree-search';
import { createRng } from '../../../src/util/rng';

const step = (token: number, reward?: number, prior = 0.5): Proposal => ({
  tokens: [token],
  text: `${token};`,
  prior,
  reward,
});

const once = { rule: 'puct', c: 1, revisit: false } as const;
const tokensOf = (node: SearchNode | undefined) => node?.tokens[0];

/** A node's children by hand: visits and mean of each. */
const family = (children: { visits: number; mean: number; prior?: number }[]) => {
  const root = rootOf([9]);
  expand(
    root,
    children.map(({ prior }, i) => step(i, undefined, prior)),
  );
  for (const [i, { visits, mean }] of children.entries()) {
    for (let v = 0; v < visits; v++) backUp(root.children![i]!, mean);
  }
  return root;
};

describe('the arithmetic of a search', () => {
  it('weighs by UCB and by PUCT as the papers write them', () => {
    const root = family([
      { visits: 3, mean: 0.5, prior: 0.8 },
      { visits: 1, mean: 0.25, prior: 0.1 },
    ]);
    const [a, b] = root.children!;
    const ucb = { rule: 'ucb', c: 0.7, revisit: false } as const;
    expect(scoreOf(root, a!, ucb)).toBeCloseTo(0.5 + 0.7 * Math.sqrt(Math.log(4) / 3), 12);
    expect(scoreOf(root, b!, ucb)).toBeCloseTo(0.25 + 0.7 * Math.sqrt(Math.log(4) / 1), 12);
    expect(tokensOf(select(root, ucb))).toBe(1);
    const puct = { rule: 'puct', c: 1.25, revisit: false } as const;
    expect(scoreOf(root, a!, puct)).toBeCloseTo(0.5 + (1.25 * 0.8 * 2) / 4, 12);
    expect(scoreOf(root, b!, puct)).toBeCloseTo(0.25 + (1.25 * 0.1 * 2) / 2, 12);
    expect(tokensOf(select(root, puct))).toBe(0);
    // Without a visit: first by UCB, with Q 0 by PUCT.
    const fresh = family([
      { visits: 2, mean: 1 },
      { visits: 0, mean: 0 },
    ]);
    expect(tokensOf(select(fresh, ucb))).toBe(1);
    expect(scoreOf(fresh, fresh.children![1]!, puct)).toBeCloseTo(1.25 * 0.5 * Math.sqrt(2), 12);
  });

  it('joins equal steps, lets an end come back up once, and knows when nothing is left', () => {
    const root = rootOf([9]);
    const open = expand(root, [step(1), step(2, 1), step(1), step(3, -1)]);
    expect(open.map(tokensOf)).toEqual([1]);
    expect(root.children!.map(({ sampled }) => sampled)).toEqual([2, 1, 1]);
    expect([root.visits, root.total]).toEqual([2, 0]);
    expect(tokensOf(select(root, once))).toBe(1);
    expand(root.children![0]!, [step(4, 1), step(4, 1)]);
    expect(root.exhausted).toBe(true);
    expect(select(root, once)).toBeUndefined();
    expect([root.visits, root.total]).toEqual([3, 1]);
    expect(tokensOf(select(root, { ...once, revisit: true }))).toBe(4);
  });
});

/**
 * A policy with known values. Steps are 0 or 1, an answer has `length` of them and is right when all are 0. The policy takes
 * 1 with chance `wrong`, drawn from a generator of its own; the true worth of a right prefix of k steps is
 * (1 - wrong) ** (length - k), of any other 0.
 */
const binary = (length: number, wrong: number, seed: number, children = 4) => {
  const rng = createRng(seed);
  const draw = () => (rng.next() < wrong ? 1 : 0);
  const asked: number[] = [];
  const rightSoFar = (path: readonly SearchNode[]) => path.slice(1).every(({ tokens }) => tokens[0] === 0);
  const world: SearchWorld = {
    propose: async (states) => {
      asked.push(states.length);
      return states.map(({ path }) =>
        Array.from({ length: children }, () => {
          const token = draw();
          const ends = path.length === length;
          return step(
            token,
            ends ? (rightSoFar(path) && token === 0 ? 1 : 0) : undefined,
            token ? wrong : 1 - wrong,
          );
        }),
      );
    },
    evaluate: async (states) =>
      states.map(({ path }) => {
        const rest = Array.from({ length: length + 1 - path.length }, draw);
        return rightSoFar(path) && rest.every((token) => token === 0) ? 1 : 0;
      }),
  };
  return { world, asked };
};

const settings: SearchSettings = { simulations: 200, rule: 'ucb', c: 1, revisit: true };
const shape = (node: SearchNode): unknown => [
  node.tokens,
  node.visits,
  node.total,
  node.children?.map(shape),
];

describe('a search', () => {
  it.each(['ucb', 'puct'] as const)('finds what steps are worth, by %s', async (rule) => {
    const { world } = binary(4, 0.3, 5, 12);
    const [root] = await searchTrees([[9]], world, { ...settings, rule, c: 0.5, simulations: 400 });
    const [right, wrong] = [0, 1].map((token) => root!.children!.find(({ tokens }) => tokens[0] === token)!);
    expect(meanOf(wrong!)).toBe(0);
    expect(meanOf(right!)).toBeGreaterThan(0.7 ** 3); // it chooses the better ways more often than the policy does
    expect(right!.visits).toBeGreaterThan(5 * wrong!.visits);
    // Returns add up: each visit of a node is one of a child, or of itself.
    const check = (node: SearchNode) => {
      for (const child of node.children ?? []) check(child);
      const below = (node.children ?? []).reduce((sum, { visits }) => sum + visits, 0);
      if (node.parent) expect(node.visits - below).toBeGreaterThanOrEqual(0);
      else expect(node.visits).toBe(below);
    };
    check(root!);
  });

  it('has the mean of the rollouts as the worth of a state that it leaves alone', async () => {
    // One simulation expands the root alone, with a child for each step and one rollout for each.
    const totals = { visits: 0, total: 0 };
    for (let seed = 0; seed < 400; seed++) {
      const { world } = binary(3, 0.2, seed);
      const [root] = await searchTrees([[9]], world, { ...settings, simulations: 1 });
      const right = root!.children!.find(({ tokens }) => tokens[0] === 0);
      totals.visits += right?.visits ?? 0;
      totals.total += right?.total ?? 0;
    }
    expect(totals.total / totals.visits).toBeCloseTo(0.8 ** 2, 1);
  });

  it('takes all problems in one call a simulation, follows from its seed, and leaves out what is exhausted', async () => {
    const run = async (seed: number) => {
      const { world, asked } = binary(2, 0.4, seed);
      const roots = await searchTrees([[7], [8], [9]], world, {
        ...settings,
        revisit: false,
        simulations: 50,
      });
      return { asked, shapes: roots.map(shape), roots };
    };
    const first = await run(3);
    expect(first.asked[0]).toBe(3);
    expect(first.asked.length).toBeLessThan(50);
    expect(first.roots.every(({ exhausted }) => exhausted)).toBe(true);
    expect((await run(3)).shapes).toEqual(first.shapes);
    expect((await run(4)).shapes).not.toEqual(first.shapes);
  });

  it('gives what is expanded 0 where nothing judges, and lets ends count', async () => {
    const { world } = binary(2, 0.5, 1, 8);
    const [root] = await searchTrees([[9]], { propose: world.propose }, { ...once, simulations: 2 });
    const [a, b] = root!.children!;
    expect([a!.visits, b!.visits].sort()).toEqual([0, 2]); // one of them was expanded: its two ends
    expect(root!.visits).toBe(3); // the root itself, and the two ends
  });
});

describe('pairs of a search', () => {
  const rules = { gap: 0.5, minVisits: 1, siblings: 'all', onRightPath: false, trajectories: 0 } as const;
  const built = () => {
    const root = rootOf([9]);
    const [a, b] = expand(root, [step(0), step(1), step(2)]);
    backUp(a!, 1);
    backUp(b!, 0);
    expand(a!, [step(3, 1), step(4, 0), { ...step(5, 0), broken: true }]);
    return root;
  };
  const named = (root: SearchNode, how: Parameters<typeof pairsOfSearch>[1]) =>
    pairsOfSearch(root, how, createRng(1)).map(({ given, chosen, rejected, gap }) =>
      [given, chosen, rejected].map(tokensOf).concat(Math.round(100 * gap)),
    );

  it('are steps after one state that differ by the gap, with enough visits, and never what was cut off', () => {
    // Step 0 has 1, 1, 0, 0 behind it: 0.5; step 1 has 0; step 2 no visit.
    expect(named(built(), rules)).toEqual([
      [9, 0, 1, 50],
      [0, 3, 4, 100],
    ]);
    expect(named(built(), { ...rules, gap: 0.6 })).toEqual([[0, 3, 4, 100]]);
    expect(named(built(), { ...rules, minVisits: 2 })).toEqual([]);
  });

  it('may be the best with the worst alone, under right answers alone, and whole answers', () => {
    const root = built();
    expand(root.children![1]!, [step(6, 0.6), step(7, 0), step(8, 0.6)]);
    const all = named(root, rules);
    expect(all).toContainEqual([1, 6, 7, 60]);
    expect(all).toContainEqual([1, 8, 7, 60]);
    expect(named(root, { ...rules, siblings: 'extremes' })).not.toContainEqual([1, 8, 7, 60]);
    expect(named(root, { ...rules, onRightPath: true })).not.toContainEqual([1, 6, 7, 60]);
    const whole = named(root, { ...rules, minVisits: 99, trajectories: 2 });
    expect(whole).toHaveLength(2);
    for (const [given, , , gap] of whole) expect([given, gap! >= 50]).toEqual([9, true]);
  });
});

describe('a search that is shown again', () => {
  /** Three steps after each state, two deep, worth by their last token. */
  const world: SearchWorld = {
    propose: async (states) =>
      states.map(({ path }) => [1, 2, 3].map((t) => step(t, path.length > 2 ? t - 2 : undefined, t / 4))),
    evaluate: async (states) => states.map(({ path }) => (path.at(-1)!.tokens[0]! - 1) / 4),
  };

  it('has every simulation of the search itself: where it went, why, and what came back', async () => {
    const settings: SearchSettings = { simulations: 7, rule: 'ucb', c: 0.6, revisit: false };
    const { nodes, steps } = await replaySearch([9], 'p', world, settings);
    const [root] = await searchTrees([[9]], world, settings);
    const all: SearchNode[] = [];
    const walk = (node: SearchNode) => {
      all.push(node);
      for (const child of node.children ?? []) walk(child);
    };
    walk(root!);
    expect(nodes).toHaveLength(all.length);
    const last = steps.at(-1)!;
    expect(steps).toHaveLength(7);
    expect(last.visits[0]).toBe(root!.visits);
    expect(last.q[0]).toBeCloseTo(meanOf(root!), 12);
    expect([...last.visits].sort()).toEqual(all.map(({ visits }) => visits).sort());
    steps.forEach(({ path, scores, visits, q }, i) => {
      expect(path[0]).toBe(0);
      expect(path.every((n, d) => d === 0 || nodes[n]!.parent === path[d - 1])).toBe(true);
      expect(visits).toHaveLength(nodes.filter(({ born }) => born <= i + 1).length);
      // It followed what it wanted most.
      for (const n of path.slice(1)) {
        const siblings = Object.entries(scores).filter(
          ([m]) => nodes[Number(m)]!.parent === nodes[n]!.parent,
        );
        expect(scores[n]).toBe(Math.max(...siblings.map(([, score]) => score)));
      }
      // What came back up through the prompt is what came back through its children.
      const children = nodes.flatMap(({ parent }, n) => (parent === 0 && n < visits.length ? [n] : []));
      const sum = children.reduce((total, n) => total + visits[n]! * q[n]!, 0);
      expect(sum).toBeCloseTo(visits[0]! * q[0]!, 10);
      // New nodes hang at the node that it came to.
      nodes.forEach(({ born, parent }, n) => {
        if (n > 0 && born === i + 1) expect(parent).toBe(path.at(-1));
      });
    });
  });
});
