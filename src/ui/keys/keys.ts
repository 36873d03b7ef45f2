/** Keys of a page or of things on it. */
export interface KeyGroup {
  title: string;
  /** Pages that have them, by the beginning of their path; all where it is left out. */
  pages?: readonly string[];
  keys: readonly (readonly [keys: string, does: string])[];
}

const keyGroups: readonly KeyGroup[] = [
  {
    title: 'A lesson',
    pages: ['lessons'],
    keys: [
      ['1 to 9', 'An answer to the question'],
      ['Enter', 'Go on'],
    ],
  },
  {
    title: 'Clicking',
    pages: ['lab/click'],
    keys: [
      ['← and →', 'The first, the second answer is better'],
      ['↓', 'One is as good as the other'],
      ['Space', 'Neither'],
      ['u', 'Undo'],
    ],
  },
  {
    title: 'Loss lab',
    pages: ['lab/loss'],
    keys: [
      ['↑ and ↓', 'On a bar: by 0.1; with Shift by 1'],
      ['← and →, Home, End', 'Another token'],
      ['Arrows', 'On the ring of the plane: an answer by 1 nat; with Shift by 10'],
    ],
  },
  {
    title: 'Three actions',
    pages: ['lab', 'lab/table'],
    keys: [['Arrows', 'On the start: by a hundredth; with Shift by a tenth']],
  },
  {
    title: 'A tree of steps',
    pages: ['', 'lab/tree'],
    keys: [
      ['↑ and ↓, Home, End', 'Another step'],
      ['→ and ←', 'Unfold and fold; the first step below, the one above'],
    ],
  },
  {
    title: 'Coloured answers and charts',
    keys: [
      ['← and →, Home, End', 'Another token, another step'],
      ['↑ and ↓', 'In the calculator: the number by 0.1; with Shift by 1'],
    ],
  },
];

/** Those of a page, its own first. @param everywhere keys that every page has */
export const keysOf = (path: readonly string[], everywhere: KeyGroup['keys']): KeyGroup[] => {
  const here = path.slice(0, 2).join('/');
  const own = keyGroups.filter(({ pages }) =>
    pages?.some((page) => page === here || page === (path[0] ?? '')),
  );
  const all = { title: 'Everywhere', keys: [['?', 'This list'] as const, ...everywhere] };
  return [...own, all, ...keyGroups.filter(({ pages }) => pages === undefined)];
};
