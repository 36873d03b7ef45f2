import type { SearchView } from '../../../workers/protocol';

/** Nodes beyond which a tree is folded at first. */
export const OPEN_AT_FIRST = 200;

/** A node as it is shown. */
export interface SearchRow {
  node: number;
  /** Steps from the prompt, which has 0. */
  depth: number;
  /** Place among its siblings, from 1, and how many they are. */
  place: number;
  siblings: number;
  parent: number;
}

export const childrenOf = ({ nodes }: SearchView): number[][] => {
  const children: number[][] = nodes.map(() => []);
  for (const [n, { parent }] of nodes.entries()) if (parent >= 0) children[parent]!.push(n);
  return children;
};

/** Nodes that are open at first: all of a small tree; of a large one those on the way to what was compared, and the prompt. */
export const openAtFirst = (view: SearchView): Set<number> => {
  if (view.nodes.length <= OPEN_AT_FIRST) return new Set(view.nodes.keys());
  const open = new Set([0]);
  for (const { chosen, rejected } of view.pairs) {
    for (const end of [chosen, rejected]) {
      for (let n = view.nodes[end]!.parent; n >= 0 && open.size < OPEN_AT_FIRST; n = view.nodes[n]!.parent) {
        open.add(n);
      }
    }
  }
  return open;
};

/** The rows that are to be seen, each before its children. */
export const rowsOf = (children: readonly (readonly number[])[], open: ReadonlySet<number>): SearchRow[] => {
  const rows: SearchRow[] = [];
  const add = (node: number, depth: number, place: number, siblings: number, parent: number) => {
    rows.push({ node, depth, place, siblings, parent });
    if (!open.has(node)) return;
    const own = children[node]!;
    for (const [i, child] of own.entries()) add(child, depth + 1, i + 1, own.length, node);
  };
  add(0, 0, 1, 1, -1);
  return rows;
};

/** What a key does in a tree: the node that it goes to, and what it opens or closes. Undefined for a key that does nothing. */
export const onTreeKey = (
  key: string,
  at: number,
  rows: readonly SearchRow[],
  children: readonly (readonly number[])[],
  open: ReadonlySet<number>,
): { at: number; toggle?: number } | undefined => {
  const index = Math.max(
    0,
    rows.findIndex(({ node }) => node === at),
  );
  const row = rows[index]!;
  const inner = children[row.node]!;
  const to = (i: number) => ({ at: rows[Math.min(rows.length - 1, Math.max(0, i))]!.node });
  switch (key) {
    case 'ArrowDown':
      return to(index + 1);
    case 'ArrowUp':
      return to(index - 1);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'ArrowRight':
      if (inner.length === 0) return { at };
      return open.has(row.node) ? { at: inner[0]! } : { at: row.node, toggle: row.node };
    case 'ArrowLeft':
      if (inner.length > 0 && open.has(row.node)) return { at: row.node, toggle: row.node };
      return { at: row.parent >= 0 ? row.parent : row.node };
    case 'Enter':
    case ' ':
      return inner.length > 0 ? { at: row.node, toggle: row.node } : { at: row.node };
    default:
      return undefined;
  }
};
