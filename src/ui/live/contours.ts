/** A piece of a line of equal value, between two points of the plane. */
export type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

interface Corner {
  x: number;
  y: number;
  v: number;
}

/** The corners of a cell, one after the other around it. */
const cellOf = (
  x: readonly number[],
  y: readonly number[],
  values: readonly (readonly number[])[],
  r: number,
  c: number,
): Corner[] => [
  { x: x[c]!, y: y[r]!, v: values[r]![c]! },
  { x: x[c + 1]!, y: y[r]!, v: values[r]![c + 1]! },
  { x: x[c + 1]!, y: y[r + 1]!, v: values[r + 1]![c + 1]! },
  { x: x[c]!, y: y[r + 1]!, v: values[r + 1]![c]! },
];

/** Where an edge crosses a level. */
const cut = (a: Corner, b: Corner, level: number): readonly [number, number] => {
  const part = (level - a.v) / (b.v - a.v);
  return [a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)];
};

/**
 * Lines of equal value over a grid, by marching squares: each cell is cut where its edges cross the level. Cells with a value
 * that is not finite have none.
 * @param values a row to each of `y`
 */
export const contour = (
  x: readonly number[],
  y: readonly number[],
  values: readonly (readonly number[])[],
  level: number,
): Segment[] => {
  const segments: Segment[] = [];
  for (let r = 0; r + 1 < y.length; r++) {
    for (let c = 0; c + 1 < x.length; c++) {
      const corners = cellOf(x, y, values, r, c);
      if (!corners.every(({ v }) => Number.isFinite(v))) continue;
      const cuts = corners.flatMap((a, i) => {
        const b = corners[(i + 1) % 4]!;
        return a.v < level === b.v < level ? [] : [cut(a, b, level)];
      });
      for (let i = 0; i + 1 < cuts.length; i += 2) segments.push([...cuts[i]!, ...cuts[i + 1]!]);
    }
  }
  return segments;
};

/** The parts of a grid's cells where the value is above a level, as polygons; together they end at `contour`'s lines. */
export const above = (
  x: readonly number[],
  y: readonly number[],
  values: readonly (readonly number[])[],
  level: number,
): (readonly (readonly [x: number, y: number])[])[] => {
  const polygons: (readonly (readonly [number, number])[])[] = [];
  for (let r = 0; r + 1 < y.length; r++) {
    for (let c = 0; c + 1 < x.length; c++) {
      const corners = cellOf(x, y, values, r, c);
      if (!corners.every(({ v }) => Number.isFinite(v))) continue;
      const polygon = corners.flatMap((a, i) => {
        const b = corners[(i + 1) % 4]!;
        const kept = a.v >= level ? [[a.x, a.y] as const] : [];
        return a.v < level === b.v < level ? kept : [...kept, cut(a, b, level)];
      });
      if (polygon.length > 2) polygons.push(polygon);
    }
  }
  return polygons;
};
