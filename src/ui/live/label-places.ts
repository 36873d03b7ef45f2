/** Texts of a drawing, kept from lying over one another. */

export interface Label {
  text: string;
  /** Where it begins or, with `end`, ends; and its base line. */
  x: number;
  y: number;
  end?: boolean;
}

/** Of the drawings' small type, generously. */
const [perLetter, height] = [6.6, 13];

const meet = (a: Label, b: Label): boolean => {
  const left = ({ text, x, end }: Label) => (end ? x - perLetter * text.length : x);
  const right = (label: Label) => left(label) + perLetter * label.text.length;
  return left(a) < right(b) && left(b) < right(a) && Math.abs(a.y - b.y) < height;
};

/** Without those that would lie over one that stands before them. */
export const clearOf = <T extends Label>(labels: readonly T[], taken: readonly Label[] = []): T[] => {
  const kept: T[] = [];
  for (const label of labels) if (![...taken, ...kept].some((other) => meet(label, other))) kept.push(label);
  return kept;
};

/** All of them; one that would lie over another is put above or below it, whichever is nearer to its place. */
export const movedApart = <T extends Label>(labels: readonly T[], low: number, high: number): T[] => {
  const placed: T[] = [];
  for (const label of labels) {
    const places = [0, 1, -1, 2, -2, 3, -3].map((k) => ({ ...label, y: label.y + k * height }));
    const free = places.find(
      (place) => place.y >= low && place.y <= high && !placed.some((other) => meet(place, other)),
    );
    placed.push(free ?? label);
  }
  return placed;
};
