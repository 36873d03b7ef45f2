import { fail } from './error';
import type { Arguments, Value } from './values';
import { asInteger, isTrue, Markup, typeName, Undefined } from './values';

/** The arguments of a built-in by its parameters' names. @throws TemplateError as Python's TypeError */
export class Bound {
  private readonly values: (Value | undefined)[];

  constructor(
    private readonly name: string,
    private readonly parameters: readonly string[],
    { positional, named }: Arguments,
    required = 0,
  ) {
    if (positional.length > parameters.length) {
      fail(`${name}() takes at most ${parameters.length} arguments (${positional.length} given)`);
    }
    this.values = [...positional];
    for (const [key, value] of named) {
      const i = parameters.indexOf(key);
      if (i < 0) fail(`${name}() got an unexpected keyword argument '${key}'`);
      if (this.values[i] !== undefined) fail(`${name}() got multiple values for argument '${key}'`);
      this.values[i] = value;
    }
    for (let i = 0; i < required; i++) {
      if (this.values[i] === undefined) fail(`${name}() is missing the argument '${parameters[i]}'`);
    }
  }

  value(parameter: string): Value | undefined {
    return this.values[this.parameters.indexOf(parameter)];
  }
  isTrue(parameter: string, otherwise = false): boolean {
    const value = this.value(parameter);
    return value === undefined ? otherwise : isTrue(value);
  }
  integer<T extends number | undefined>(parameter: string, otherwise: T): number | T {
    const value = this.value(parameter);
    if (value === undefined) return otherwise;
    if (value instanceof Undefined) return value.fail();
    return (
      asInteger(value) ??
      fail(`${this.name}(): '${typeName(value)}' object cannot be interpreted as an integer`)
    );
  }
  text<T extends string | undefined>(parameter: string, otherwise: T): string | T {
    const value = this.value(parameter);
    if (value === undefined) return otherwise;
    if (value instanceof Undefined) return value.fail();
    if (value instanceof Markup) return value.text;
    return typeof value === 'string'
      ? value
      : fail(`${this.name}() argument '${parameter}' must be str, not ${typeName(value)}`);
  }
  /** As above; None counts as left out. */
  optionalText(parameter: string): string | undefined {
    return this.value(parameter) === null ? undefined : this.text(parameter, undefined);
  }
}
