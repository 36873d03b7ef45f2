/** A piece of a line of equal value, between two points of the plane. */
export type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

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
      const corners = [
        { x: x[c]!, y: y[r]!, v: values[r]![c]! },
        { x: x[c + 1]!, y: y[r]!, v: values[r]![c + 1]! },
        { x: x[c + 1]!, y: y[r + 1]!, v: values[r + 1]![c + 1]! },
        { x: x[c]!, y: y[r + 1]!, v: values[r + 1]![c]! },
      ];
      if (!corners.every(({ v }) => Number.isFinite(v))) continue;
      const cuts = corners.flatMap((a, i) => {
        const b = corners[(i + 1) % 4]!;
        if (a.v < level === b.v < level) return [];
        const part = (level - a.v) / (b.v - a.v);
        return [[a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)] as const];
      });
      for (let i = 0; i + 1 < cuts.length; i += 2) segments.push([...cuts[i]!, ...cuts[i + 1]!]);
    }
  }
  return segments;
};
