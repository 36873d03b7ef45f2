import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketSize } from '../../../src/tree/buckets';
import { packForest } from '../../../src/tree/pack';
import type { PackedBatch } from '../../../src/tree/packed-batch';
import { joinEntries, unpackEntries } from '../../../src/tree/split-entries';
import { treeStats } from '../../../src/tree/stats';
import type { PreferenceTree } from '../../../src/tree/tree';
import { randomForest, randomTree } from './random-tree';

/** Ancestors of a node and itself, root first; written apart from the code under test. */
const ancestry = (tree: PreferenceTree, n: number): number[] =>
  n < 0 ? [] : [...ancestry(tree, tree.nodes[n]!.parent), n];

interface Place {
  tree: number;
  node: number;
  offset: number;
}

/** For every packed position the token it must be: a recursive depth-first walk over what responses go through. */
const walk = (trees: readonly PreferenceTree[]): Place[] => {
  const places: Place[] = [];
  trees.forEach((tree, t) => {
    const used = new Set([0, ...tree.responses.flatMap(({ leaf }) => ancestry(tree, leaf))]);
    const visit = (n: number) => {
      if (!used.has(n)) return;
      tree.nodes[n]!.tokens.forEach((_, offset) => {
        places.push({ tree: t, node: n, offset });
      });
      tree.nodes.forEach((node, child) => {
        if (node.parent === n) visit(child);
      });
    };
    visit(0);
  });
  return places;
};

const sees = (batch: PackedBatch, i: number, j: number) => j <= i && i < batch.visibleUntil[j]!;

const numbers = (array: ArrayLike<number>) => Array.from(array);

describe('packForest', () => {
  it('packs the textbook pair', () => {
    const tree: PreferenceTree = {
      id: 'pair',
      nodes: [
        { parent: -1, tokens: [1, 2], role: 'prompt', scored: false },
        { parent: 0, tokens: [3, 4], role: 'step', scored: true },
        { parent: 0, tokens: [5], role: 'step', scored: true },
      ],
      responses: [{ leaf: 1, score: 1 }, { leaf: 2 }],
      comparisons: [{ chosen: 0, rejected: 1 }],
    };
    const batch = packForest([tree], { pad: 'none' });
    expect(numbers(batch.tokens)).toEqual([1, 2, 3, 4, 5]);
    expect(numbers(batch.position)).toEqual([0, 1, 2, 3, 2]);
    expect(numbers(batch.visibleUntil)).toEqual([5, 5, 4, 4, 5]);
    const { entries } = batch;
    // Position 1 predicts 3 (chosen) and 5 (rejected), position 2 predicts 4.
    expect(numbers(entries.rows)).toEqual([1, 2]);
    expect(numbers(entries.row)).toEqual([0, 1, 0]);
    expect(numbers(entries.target)).toEqual([3, 4, 5]);
    expect(numbers(entries.step)).toEqual([0, 0, 1]);
    expect(numbers(entries.stepStart)).toEqual([0, 2, 3]);
    expect(numbers(entries.rowStart)).toEqual([0, 2, 3]);
    expect(numbers(entries.rowEntries)).toEqual([0, 2, 1]);
    expect(batch.responses[0]).toEqual({
      tree: 0,
      index: 0,
      stepStart: 0,
      stepEnd: 1,
      entryStart: 0,
      entryEnd: 2,
      score: 1,
    });
    expect(batch.comparisons).toEqual([{ chosen: 0, rejected: 1 }]);
  });

  it('writes each token once, depth-first, at its depth', () => {
    fc.assert(
      fc.property(randomForest(), (trees) => {
        const batch = packForest(trees);
        const places = walk(trees);
        expect(batch.tokenCount).toBe(places.length);
        expect(batch.tokenCount).toBe(treeStats(trees).packed);
        places.forEach(({ tree, node, offset }, i) => {
          const nodes = trees[tree]!.nodes;
          expect(batch.tokens[i]).toBe(nodes[node]!.tokens[offset]);
          const above = ancestry(trees[tree]!, nodes[node]!.parent);
          expect(batch.position[i]).toBe(above.reduce((n, a) => n + nodes[a]!.tokens.length, offset));
          expect(batch.treeStart[i]).toBe(batch.trees[tree]!.tokenStart);
        });
      }),
    );
  });

  it('lets a token see exactly its own path up to itself', () => {
    fc.assert(
      fc.property(randomForest(), (trees) => {
        const batch = packForest(trees);
        const places = walk(trees);
        for (let i = 0; i < batch.size; i++) {
          const visible = [];
          for (let j = 0; j < batch.size; j++) if (sees(batch, i, j)) visible.push(j);
          const me = places[i];
          if (!me) {
            expect(visible).toEqual([i]);
            continue;
          }
          const path = ancestry(trees[me.tree]!, me.node);
          const expected = places.flatMap((other, j) =>
            other.tree === me.tree &&
            path.includes(other.node) &&
            (other.node !== me.node || other.offset <= me.offset)
              ? [j]
              : [],
          );
          expect(visible).toEqual(expected);
          expect(visible.length).toBe(batch.position[i]! + 1);
          expect(visible[0]!).toBeGreaterThanOrEqual(batch.treeStart[i]!);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('scores every response token by token, each predicted by the token before it on the path', () => {
    const property = (sides: 'shared' | 'apart') =>
      fc.property(randomForest(), (trees) => {
        const batch = packForest(trees, { sides });
        const { entries } = batch;
        let r = 0;
        trees.forEach((tree, t) => {
          tree.responses.forEach((response, index) => {
            const packed = batch.responses[r++]!;
            expect([packed.tree, packed.index]).toEqual([t, index]);
            const path = ancestry(tree, response.leaf);
            const given = response.given === undefined ? 0 : path.indexOf(response.given) + 1;
            const scored = path.slice(given).filter((n) => tree.nodes[n]!.scored);
            const steps = batch.steps.slice(packed.stepStart, packed.stepEnd);
            expect(steps.map((s) => s.node)).toEqual(scored);
            expect(steps.map((s) => s.response)).toEqual(scored.map(() => r - 1));
            const full = path.flatMap((n) => tree.nodes[n]!.tokens);
            steps.forEach((step, s) => {
              const node = tree.nodes[step.node]!;
              const index = packed.stepStart + s;
              const skipped = step.node === 0 ? 1 : 0;
              expect(step.entryEnd - step.entryStart).toBe(node.tokens.length - skipped);
              expect([entries.stepStart[index], entries.stepStart[index + 1]]).toEqual([
                step.entryStart,
                step.entryEnd,
              ]);
              const depth = ancestry(tree, node.parent).reduce((n, a) => n + tree.nodes[a]!.tokens.length, 0);
              for (let m = step.entryStart; m < step.entryEnd; m++) {
                const offset = skipped + m - step.entryStart;
                expect(entries.target[m]).toBe(node.tokens[offset]);
                expect(entries.step[m]).toBe(index);
                expect(entries.weight[m]).toBe(1);
                // What the predicting row sees is the path's text up to the token before.
                const row = entries.rows[entries.row[m]!]!;
                const seen = [];
                for (let j = 0; j < batch.size; j++) if (sees(batch, row, j)) seen.push(batch.tokens[j]);
                expect(seen).toEqual(full.slice(0, depth + offset));
              }
            });
            expect(steps[0]?.entryStart ?? packed.entryStart).toBe(packed.entryStart);
            expect(steps.at(-1)?.entryEnd ?? packed.entryStart).toBe(packed.entryEnd);
          });
          const { entryStart, entryEnd } = batch.trees[t]!;
          const own = batch.responses.filter((p) => p.tree === t);
          expect([entryStart, entryEnd]).toEqual([own[0]!.entryStart, own.at(-1)!.entryEnd]);
        });
        expect(r).toBe(batch.responses.length);
        expect(entries.used).toBe(batch.trees.at(-1)!.entryEnd);
      });
    fc.assert(property('shared'), { numRuns: 50 });
    fc.assert(property('apart'), { numRuns: 30 });
  });

  it('lists every entry once under its row, and pads harmlessly to few sizes', () => {
    fc.assert(
      fc.property(
        randomForest(),
        fc.constantFrom('buckets', 'none') as fc.Arbitrary<'buckets' | 'none'>,
        (trees, pad) => {
          const batch = packForest(trees, { pad });
          const { entries, tokenCount, size } = batch;
          const { rows, rowStart, rowEntries, row, count, used } = entries;
          const bare = packForest(trees, { pad: 'none' });
          const sizes = [bare.size, bare.entries.count, bare.entries.rows.length];
          expect([size, count, rows.length]).toEqual(pad === 'none' ? sizes : sizes.map(bucketSize));
          for (const list of [batch.tokens, batch.position, batch.visibleUntil, batch.treeStart]) {
            expect(list.length).toBe(size);
          }
          for (const list of [row, entries.target, entries.step, entries.weight, rowEntries]) {
            expect(list.length).toBe(count);
          }
          rows.forEach((position, r) => {
            expect(position).toBeGreaterThan(r === 0 ? -1 : rows[r - 1]!);
            expect(position).toBeLessThan(size);
          });
          expect(numbers(rowEntries).sort((a, b) => a - b)).toEqual(numbers(row).map((_, m) => m));
          expect([rowStart.length, rowStart[0], rowStart[rows.length]]).toEqual([rows.length + 1, 0, count]);
          for (let r = 0; r < rows.length; r++) {
            const own = numbers(rowEntries.slice(rowStart[r], rowStart[r + 1]));
            expect(own.every((m) => row[m] === r)).toBe(true);
            expect(own).toEqual([...own].sort((a, b) => a - b));
          }
          for (let m = used; m < count; m++) {
            expect([entries.weight[m], entries.step[m], entries.target[m]]).toEqual([0, -1, 0]);
          }
          for (let i = tokenCount; i < size; i++) {
            expect([batch.tokens[i], batch.position[i], batch.visibleUntil[i], batch.treeStart[i]]).toEqual([
              0,
              0,
              i + 1,
              i,
            ]);
          }
          expect(entries.stepStart.length).toBe(batch.steps.length + 1);
          expect(entries.stepStart[batch.steps.length]).toBe(used);
        },
      ),
    );
  });

  it('packs a forest as its trees one by one, shifted; in any order', () => {
    fc.assert(
      fc.property(randomForest(), fc.infiniteStream(fc.nat()), (trees, stream) => {
        const order = trees.map((_, i) => i).sort(() => (stream.next().value! % 2) - 0.5);
        const batch = packForest(
          order.map((t) => trees[t]!),
          { pad: 'none' },
        );
        order.forEach((t, place) => {
          const alone = packForest([trees[t]!], { pad: 'none' });
          const { id, tokenStart, tokenEnd, entryStart, entryEnd } = batch.trees[place]!;
          const shifted = (list: Int32Array, by = tokenStart) =>
            numbers(list.slice(tokenStart, tokenEnd)).map((x) => x - by);
          expect(id).toBe(trees[t]!.id);
          expect(shifted(batch.tokens, 0)).toEqual(numbers(alone.tokens));
          expect(shifted(batch.position, 0)).toEqual(numbers(alone.position));
          expect(shifted(batch.visibleUntil)).toEqual(numbers(alone.visibleUntil));
          expect(shifted(batch.treeStart)).toEqual(numbers(alone.treeStart));
          const sources = (b: PackedBatch, from: number, to: number, by: number) =>
            numbers(b.entries.row.slice(from, to)).map((r) => b.entries.rows[r]! - by);
          expect(sources(batch, entryStart, entryEnd, tokenStart)).toEqual(
            sources(alone, 0, alone.entries.used, 0),
          );
          expect(numbers(batch.entries.target.slice(entryStart, entryEnd))).toEqual(
            numbers(alone.entries.target),
          );
          const first = batch.responses.findIndex((r) => r.tree === place);
          const own = batch.comparisons.filter((c) => batch.responses[c.chosen]!.tree === place);
          expect(own.map((c) => ({ ...c, chosen: c.chosen - first, rejected: c.rejected - first }))).toEqual(
            alone.comparisons,
          );
        });
      }),
      { numRuns: 60 },
    );
  });

  it('written apart, has the same entries over as many tokens as the responses have', () => {
    fc.assert(
      fc.property(randomForest(), (trees) => {
        const shared = packForest(trees, { pad: 'none' });
        const apart = packForest(trees, { pad: 'none', sides: 'apart' });
        expect(apart.tokenCount).toBe(treeStats(trees).apart);
        expect(numbers(apart.entries.target)).toEqual(numbers(shared.entries.target));
        const without = ({ lastToken: _position, ...step }: (typeof apart.steps)[number]) => step;
        expect(apart.steps.map(without)).toEqual(shared.steps.map(without));
        expect(apart.responses).toEqual(shared.responses);
        expect(apart.comparisons).toEqual(shared.comparisons);
      }),
      { numRuns: 40 },
    );
  });

  it('cuts values by tree and joins them again', () => {
    fc.assert(
      fc.property(randomForest(), (trees) => {
        const batch = packForest(trees);
        const values = Float32Array.from({ length: batch.entries.count }, (_, m) => m + 1);
        const cut = unpackEntries(batch, values);
        // A tree's values do not depend on what it was packed with.
        const alone = trees.map((tree) => packForest([tree]).entries.used);
        expect(cut.map((c) => c.length)).toEqual(alone);
        const joined = joinEntries(batch, cut);
        expect(numbers(joined)).toEqual(numbers(values).map((v, m) => (m < batch.entries.used ? v : 0)));
        expect(() => unpackEntries(batch, values.slice(1))).toThrow(/entries/);
        expect(() => joinEntries(batch, [...cut, new Float32Array(1)])).toThrow(/trees/);
        expect(() => joinEntries(batch, [new Float32Array(999), ...cut.slice(1)])).toThrow(/tree "t0"/);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses an empty batch and a malformed tree, and takes a tree twice', () => {
    const [tree] = fc.sample(randomTree(), 1) as [PreferenceTree];
    expect(() => packForest([])).toThrow(/no trees/);
    // A batch across the end of an epoch can hold a tree twice.
    expect(packForest([tree, tree], { pad: 'none' }).trees.map(({ id }) => id)).toEqual(['t', 't']);
    expect(() => packForest([{ ...tree, responses: [{ leaf: 99 }] }])).toThrow(/responses\[0\]\.leaf/);
  });
});

describe('bucketSize', () => {
  it('holds n, wastes at most a third above 16, grows with n and takes few values', () => {
    const sizes = new Set<number>();
    for (let n = 0; n < 5000; n++) {
      const size = bucketSize(n);
      expect(size).toBeGreaterThanOrEqual(n);
      expect(size).toBeGreaterThanOrEqual(bucketSize(Math.max(0, n - 1)));
      if (n > 16) expect(size - n).toBeLessThan(size / 3);
      sizes.add(size);
    }
    expect([...sizes].slice(0, 6)).toEqual([16, 24, 32, 48, 64, 96]);
    expect(sizes.size).toBeLessThan(20);
  });
});
