import type { Value } from './values';

/** Names and their values; what is not here is looked for further out. */
export class Scope {
  readonly names = new Map<string, Value>();
  constructor(readonly outer: Scope | undefined) {}
  find(name: string): Value | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.outer) {
      const value = scope.names.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
