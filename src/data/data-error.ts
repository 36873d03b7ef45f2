import { shownText } from './shown-text';

/** Data that cannot be used: which file, where in it, why, and what to do. */
export class DataError extends Error {
  override name = 'DataError';
  constructor(
    /** Name of the file, or of the settings, that the trouble is in. */
    readonly file: string,
    /** For example `line 12` or `row 3, column "prompt"`; empty when it is the whole file. */
    readonly place: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    const name = shownText(file, 120);
    super(place === '' ? `${name}: ${reason}` : `${name}, ${place}: ${reason}`, options);
  }
}

/** The text of whatever was thrown, shortened, for use inside a reason. */
export const reasonOf = (error: unknown): string =>
  shownText(error instanceof Error ? error.message : String(error), 200);
