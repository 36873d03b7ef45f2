/** What went wrong with a hub, for code that offers a remedy; the message is for people. */
export type HubProblem =
  /** The id, revision, address or token is not one. */
  | 'input'
  /** A token, or accepted terms, are needed. */
  | 'access'
  /** No such repository, revision or file. */
  | 'missing'
  /** The hub asks to wait, or fails, for longer than we wait. */
  | 'busy'
  | 'offline'
  /** What was sent is not what was listed. */
  | 'content'
  /** Several files would do: see `choices`. */
  | 'choice';

/** A file that can be asked for. */
export interface HubFile {
  name: string;
  bytes: number;
  /** Lower-case hexadecimal; the hub knows it of large files only. */
  sha256?: string;
}

/** The hub did not give what was asked for. Its message never holds the token or text from the server. */
export class HubError extends Error {
  override name = 'HubError';
  constructor(
    readonly problem: HubProblem,
    message: string,
    readonly choices: readonly HubFile[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A failure that may pass; caught by the retries, never shown as it is. */
export class Fault extends Error {
  override name = 'Fault';
  constructor(
    readonly problem: 'busy' | 'offline' | 'content',
    message: string,
    /** Milliseconds that the server asks to wait. */
    readonly wait?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
