import 'vitest';

declare module 'vitest' {
  interface Matchers<T> {
    toBeAllclose(expected: unknown, options?: { rtol?: number; atol?: number }): T;
  }
}
