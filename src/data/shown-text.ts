/**
 * What would change how the text around it looks: control characters, marks of writing direction, invisible joiners,
 * halves of surrogate pairs. They stay in the data; only messages and excerpts spell them out.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\p{Surrogate}/gu;

const escaped = (character: string): string => {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
};

/** A text from a file as it may stand in a message: at most `length` characters, unseen characters spelled out. */
export const shownText = (text: string, length = 80): string => {
  const cut = text.length > length ? `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…` : text;
  return cut.replace(unseen, escaped);
};

/** Any value from a file, shortened: texts in quotes, lists and objects by their JSON. */
export const shownValue = (value: unknown, length = 80): string => {
  if (typeof value === 'string') return `"${shownText(value, length)}"`;
  if (value === undefined) return 'nothing';
  if (value instanceof Uint8Array) return `${value.length} bytes that are no text`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    return `an object with ${
      Object.keys(value)
        .slice(0, 4)
        .map((key) => `"${shownText(key, 20)}"`)
        .join(', ') || 'no fields'
    }`;
  }
  return shownText(String(value), length);
};
