/** A tokenizer that cannot be used: which file and field, why, and what to do. */
export class TokenizerError extends Error {
  override name = 'TokenizerError';
}

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text of the file in quotes, cut short. */
export const quoted = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** Something of tokenizer.json that cannot be used. */
export const bad = (place: string, reason: string, cause?: unknown): never => {
  throw new TokenizerError(
    `tokenizer.json, ${place}: ${reason}. Take the file from the model's own folder, or save the tokenizer again with transformers.`,
    { cause },
  );
};

/** A kind of part that the Hugging Face library has or may have, and we have not. */
export const unsupported = (place: string, type: unknown, known: readonly string[]): never =>
  bad(place, `${quoted(type)} is not supported; ${known.join(', ')} are`);

export const objectAt = (value: unknown, place: string): Json =>
  isObject(value) ? value : bad(place, 'must be an object');
export const textAt = (value: unknown, place: string): string =>
  typeof value === 'string' ? value : bad(place, `must be a text, but is ${quoted(value)}`);
export const listAt = (value: unknown, place: string): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : bad(place, 'must be a list');

/** Makes a part by its `type`. */
export const byType = <T>(
  makers: Readonly<Record<string, (config: Json, place: string) => T>>,
  config: unknown,
  place: string,
): T => {
  const object = objectAt(config, place);
  const { type } = object;
  if (typeof type !== 'string' || !Object.hasOwn(makers, type)) {
    return unsupported(`${place}.type`, type, Object.keys(makers));
  }
  return makers[type]!(object, place);
};
