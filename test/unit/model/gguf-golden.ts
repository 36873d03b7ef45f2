import { readFileSync } from 'node:fs';

/** A file of test/golden/gguf. */
export const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../golden/gguf/${name}`, import.meta.url)));

export const goldenJson = <T>(name: string): T => JSON.parse(new TextDecoder().decode(golden(name))) as T;
