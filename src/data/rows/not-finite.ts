/** A string that no file means by itself, and what stands for it afterwards. */
const marks: ReadonlyMap<string, number> = new Map([
  ['\u0000NaN', Number.NaN],
  ['\u0000Infinity', Number.POSITIVE_INFINITY],
  ['\u0000-Infinity', Number.NEGATIVE_INFINITY],
]);
const words = ['NaN', '-Infinity', 'Infinity'] as const;
const quotedMark = (word: string) => `"\\u0000${word}"`;

/**
 * JSON as Python and others write it, with NaN, Infinity and -Infinity for numbers, as JSON that every parser reads.
 * Undefined when there are none outside strings.
 */
const withMarks = (text: string): { marked: string; original(at: number): number } | undefined => {
  const pieces: string[] = [];
  /** Places behind each mark in the new text, and how much longer it is from there on. */
  const grown: { at: number; by: number }[] = [];
  let from = 0;
  let length = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
      continue;
    }
    if (c === '"') inString = true;
    if (c !== 'N' && c !== 'I' && c !== '-') continue;
    const word = words.find((w) => text.startsWith(w, i));
    if (word === undefined) continue;
    const mark = quotedMark(word);
    pieces.push(text.slice(from, i), mark);
    length += i - from + mark.length;
    grown.push({ at: length, by: (grown.at(-1)?.by ?? 0) + mark.length - word.length });
    i += word.length - 1;
    from = i + 1;
  }
  if (grown.length === 0) return undefined;
  pieces.push(text.slice(from));
  return {
    marked: pieces.join(''),
    original: (at) => at - (grown.filter((g) => g.at <= at).at(-1)?.by ?? 0),
  };
};

/**
 * `JSON.parse` that also reads NaN and infinities as the numbers they are: what uses one refuses it, all else reads on.
 * Where it fails, `at` turns a place that the error names into one of the text.
 */
export const parseWithNotFinite = (
  text: string,
): { value: unknown } | { error: unknown; at(place: number): number } => {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const found = text.includes('NaN') || text.includes('Infinity') ? withMarks(text) : undefined;
    if (!found) return { error, at: (place) => place };
    try {
      return {
        value: JSON.parse(found.marked, (_key, value) =>
          typeof value === 'string' && marks.has(value) ? marks.get(value) : value,
        ),
      };
    } catch (inner) {
      return { error: inner, at: found.original };
    }
  }
};
