import { describe, expect, it } from 'vitest';
import {
  childrenOf,
  OPEN_AT_FIRST,
  onTreeKey,
  openAtFirst,
  rowsOf,
} from '../../../src/ui/credit/search-rows';
import type { SearchView } from '../../../workers/protocol';

const node = (parent: number) => ({ parent, text: '' });

/** The prompt with two steps, the first of which has two more. */
const small: SearchView = { nodes: [-1, 0, 1, 1, 0].map(node), pairs: [{ chosen: 2, rejected: 3 }] };

describe('the rows of a searched tree', () => {
  it('opens a small tree wholly, each node before its children', () => {
    const rows = rowsOf(childrenOf(small), openAtFirst(small));
    expect(rows.map((row) => [row.node, row.depth, row.place, row.siblings])).toEqual([
      [0, 0, 1, 1],
      [1, 1, 1, 2],
      [2, 2, 1, 2],
      [3, 2, 2, 2],
      [4, 1, 2, 2],
    ]);
  });

  it('opens of a large tree the ways to what was compared', () => {
    // A hundred steps after the prompt, each with four more.
    const parents = [-1, ...Array.from({ length: 100 }, () => 0)];
    for (let n = 1; n <= 100; n++) parents.push(n, n, n, n);
    const large: SearchView = { nodes: parents.map(node), pairs: [{ chosen: 105, rejected: 106 }] };
    expect(large.nodes.length).toBeGreaterThan(OPEN_AT_FIRST);
    const open = openAtFirst(large);
    expect([...open]).toEqual([0, 2]);
    expect(rowsOf(childrenOf(large), open)).toHaveLength(1 + 100 + 4);
  });

  it('goes by the keys of a tree', () => {
    const children = childrenOf(small);
    const press = (key: string, at: number, open = openAtFirst(small)) =>
      onTreeKey(key, at, rowsOf(children, open), children, open);
    expect(press('ArrowDown', 1)).toEqual({ at: 2 });
    expect(press('ArrowUp', 0)).toEqual({ at: 0 });
    expect(press('End', 0)).toEqual({ at: 4 });
    expect(press('ArrowLeft', 2)).toEqual({ at: 1 });
    expect(press('ArrowLeft', 1)).toEqual({ at: 1, toggle: 1 });
    expect(press('ArrowRight', 1)).toEqual({ at: 2 });
    expect(press('ArrowRight', 1, new Set([0]))).toEqual({ at: 1, toggle: 1 });
    expect(press('Enter', 4)).toEqual({ at: 4 });
    expect(press('Tab', 4)).toBeUndefined();
  });
});
