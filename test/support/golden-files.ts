/** Reads stored fixtures by their path under test/golden; Node and the browser each have their way to the bytes. */
export interface GoldenFiles {
  bytes(path: string): Promise<Uint8Array>;
}

export const goldenJson = async <T>(files: GoldenFiles, path: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await files.bytes(path))) as T;
