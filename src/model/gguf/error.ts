/** A GGUF file that cannot be read; the message names the file, the place in it, the reason and the remedy. */
export class GgufError extends Error {
  override name = 'GgufError';
  constructor(
    readonly fileName: string,
    /** A tensor, a metadata key or a byte; undefined for the file as a whole. */
    readonly place: string | undefined,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`${fileName}${place === undefined ? '' : `, ${place}`}: ${reason}. ${remedy}`);
  }
}

/** Throws a GgufError about one file. */
export type Fail = (place: string | undefined, reason: string, remedy?: string) => never;

/** What helps against a file that contradicts itself. */
const DAMAGED = 'Download or export the file again.';

export const failing =
  (fileName: string): Fail =>
  (place, reason, remedy = DAMAGED) => {
    throw new GgufError(fileName, place, reason, remedy);
  };

const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** A text from the file, in quotes and of bearable length. */
export const quoted = (text: string) => JSON.stringify(shorten(text));

export const tensorPlace = (name: string) => `tensor ${quoted(name)}`;
export const keyPlace = (key: string) => `metadata ${quoted(key)}`;
