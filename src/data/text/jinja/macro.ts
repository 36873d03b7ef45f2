import type { Expression, MacroBody } from './ast';
import { fail } from './error';
import { Scope } from './scope';
import type { Arguments, Value } from './values';
import { Callable, tuple, Undefined } from './values';

/** What a macro needs of the interpreter. */
interface Interpreter {
  evaluate(e: Expression, scope: Scope): Value;
  /** Runs f as one call more inside others, of which there may not be too many. */
  nested<T>(f: () => T): T;
  /** The text of the macro's body. */
  write(scope: Scope): string;
}

/** Gives a macro's parameters their values, as Jinja2 does. */
const bind = (
  body: MacroBody,
  { positional, named }: Arguments,
  scope: Scope,
  evaluate: Interpreter['evaluate'],
) => {
  const { names, defaults, uses, name } = body;
  const others = new Map(named);
  const caller = others.get('caller');
  const firstDefault = names.length - defaults.length;
  names.forEach((parameter, i) => {
    let value = positional[i];
    if (others.has(parameter)) {
      if (value !== undefined) fail(`macro '${name}' got two values for the argument '${parameter}'`);
      value = others.get(parameter);
      others.delete(parameter);
    }
    if (value === undefined) {
      value =
        i >= firstDefault
          ? evaluate(defaults[i - firstDefault]!, scope)
          : new Undefined(`parameter '${parameter}' was not provided`);
    }
    scope.names.set(parameter, value);
  });
  if (uses.has('caller') && !names.includes('caller')) {
    others.delete('caller');
    scope.names.set('caller', caller ?? new Undefined('No caller defined'));
  }
  if (uses.has('kwargs')) scope.names.set('kwargs', new Map([...others] as [Value, Value][]));
  else if (others.size > 0) fail(`macro '${name}' takes no keyword argument '${[...others.keys()][0]}'`);
  const more = positional.slice(names.length);
  if (uses.has('varargs')) scope.names.set('varargs', tuple(...more));
  else if (more.length > 0) fail(`macro '${name}' takes not more than ${names.length} argument(s)`);
};

/** A macro as a value that can be called. */
export const macroOf = (
  body: MacroBody,
  defined: Scope,
  { evaluate, nested, write }: Interpreter,
): Callable => {
  const { names, uses, name } = body;
  const invoke = (args: Arguments): Value =>
    nested(() => {
      const scope = new Scope(defined);
      bind(body, args, scope, evaluate);
      return write(scope);
    });
  const attributes = new Map<string, Value>([
    ['name', name],
    ['arguments', tuple(...names)],
    ['catch_kwargs', uses.has('kwargs')],
    ['catch_varargs', uses.has('varargs')],
    ['caller', uses.has('caller')],
  ]);
  return new Callable(name, invoke, attributes);
};
