import { expect, it } from 'vitest';
import { clearOf, movedApart } from '../../../src/ui/live/label-places';

it('a label over another is left out, of what was there before too', () => {
  const labels = [
    { text: '0.1', x: 10, y: 20 },
    { text: '0.2', x: 12, y: 25 },
    { text: '0.3', x: 10, y: 40 },
    { text: '0.4', x: 60, y: 20 },
  ];
  expect(clearOf(labels).map(({ text }) => text)).toEqual(['0.1', '0.3', '0.4']);
  // It ends where the others begin, or over them.
  expect(clearOf(labels, [{ text: 'loss', x: 20, y: 20, end: true }]).map(({ text }) => text)).toEqual([
    '0.3',
    '0.4',
  ]);
});

it('a name over another is put beside it, and stays in the drawing', () => {
  const names = ['careful', 'fast', 'between'].map((text) => ({ text, x: 10, y: 100 }));
  const placed = movedApart(names, 20, 105);
  expect(placed.map(({ y }) => y)).toEqual([100, 87, 74]);
  expect(placed.map(({ text }) => text)).toEqual(['careful', 'fast', 'between']);
  expect(movedApart(names.slice(0, 1), 20, 105)).toEqual(names.slice(0, 1));
});
