import type { CallArguments, Expression, FilterExpression, MacroBody, Statement, Target } from './ast';
import { lookUp, Slice, slice } from './attributes';
import { checkList, checkText, fail, TooMuch } from './error';
import { runFilter } from './filters';
import { checkAttributeName } from './globals';
import { loopValue } from './loop-value';
import { macroOf } from './macro';
import { binary, comparison, negate } from './operators';
import { joinTexts, toText } from './print';
import { Scope } from './scope';
import { runTest } from './tests';
import type { Arguments, Value } from './values';
import {
  Callable,
  dictKey,
  Float,
  isTrue,
  iterate,
  Markup,
  Namespace,
  tuple,
  typeName,
  Undefined,
} from './values';

/** Of one rendering: evaluated pieces of the template, time, macros inside one another. */
const MAX_PIECES = 2_000_000;
const MAX_SECONDS = 5;
const MAX_DEPTH = 180;

/** How a body ended: at its end, or at a tag that leaves or repeats the loop around it. */
type Ended = 'break' | 'continue' | undefined;

/** Writes a template with the given values, as Jinja2 does in transformers' sandbox. */
export const interpret = (program: readonly Statement[], values: ReadonlyMap<string, Value>): string => {
  let pieces = 0;
  let depth = 0;
  let written = 0;
  const until = Date.now() + MAX_SECONDS * 1000;
  const root = new Scope(undefined);
  for (const [name, value] of values) root.names.set(name, value);

  const count = () => {
    if (++pieces > MAX_PIECES) throw new TooMuch(`it takes more than ${MAX_PIECES} steps`);
    if ((pieces & 1023) === 0 && Date.now() > until) {
      throw new TooMuch(`it takes longer than ${MAX_SECONDS} seconds`);
    }
  };

  const argumentsOf = (args: CallArguments, scope: Scope): Arguments => {
    const positional = args.positional.map((e) => evaluate(e, scope));
    if (args.spread) positional.push(...iterate(evaluate(args.spread, scope)));
    const named = new Map<string, Value>();
    for (const [name, e] of args.named) {
      if (named.has(name)) fail(`keyword argument repeated: ${name}`);
      named.set(name, evaluate(e, scope));
    }
    if (args.namedSpread) {
      const spread = evaluate(args.namedSpread, scope);
      if (!(spread instanceof Map)) return fail('the argument after ** must be a mapping');
      for (const [name, value] of spread) {
        if (typeof name !== 'string') return fail('keywords must be strings');
        if (named.has(name)) return fail(`got multiple values for keyword argument '${name}'`);
        named.set(name, value);
      }
    }
    return { positional, named };
  };

  const call = (callee: Value, args: Arguments): Value => {
    if (callee instanceof Undefined) return callee.fail();
    if (!(callee instanceof Callable)) return fail(`'${typeName(callee)}' object is not callable`);
    return callee.call(args);
  };

  const applyFilter = (filter: FilterExpression, input: Value | undefined, scope: Scope): Value => {
    const { operand } = filter;
    // Chained filters of a block hang on one another; the first takes the block's text.
    const value =
      operand === undefined
        ? input!
        : input !== undefined && operand.type === 'filter'
          ? applyFilter(operand, input, scope)
          : evaluate(operand, scope);
    return runFilter(filter.name, value, argumentsOf(filter.args, scope));
  };

  const compute = (e: Expression, scope: Scope): Value => {
    switch (e.type) {
      case 'constant':
        return e.isFloat ? new Float(e.value as number) : e.value;
      case 'name': {
        const found = scope.find(e.name);
        return found === undefined ? new Undefined(`'${e.name}' is undefined`) : found;
      }
      case 'list':
        return e.items.map((item) => evaluate(item, scope));
      case 'tuple':
        return tuple(...e.items.map((item) => evaluate(item, scope)));
      case 'dict':
        return new Map(
          e.entries.map(([k, v]): [Value, Value] => [dictKey(evaluate(k, scope)), evaluate(v, scope)]),
        );
      case 'attribute':
        return lookUp.attribute(evaluate(e.object, scope), e.name);
      case 'item': {
        const object = evaluate(e.object, scope);
        const { index } = e;
        if (index.type !== 'slice') return lookUp.item(object, evaluate(index, scope));
        const bound = (part: Expression | undefined) => (part ? evaluate(part, scope) : null);
        return slice(object, new Slice(bound(index.start), bound(index.stop), bound(index.step)));
      }
      case 'slice':
        return fail('slices of several dimensions are not supported');
      case 'call': {
        const callee = evaluate(e.callee, scope);
        return call(callee, argumentsOf(e.args, scope));
      }
      case 'filter':
        return applyFilter(e, undefined, scope);
      case 'test': {
        const operand = evaluate(e.operand, scope);
        const { positional, named } = argumentsOf(e.args, scope);
        return runTest(e.name, operand, [...positional, ...named.values()]);
      }
      case 'not':
        return !isTrue(evaluate(e.operand, scope));
      case 'negative':
        return negate(evaluate(e.operand, scope), -1);
      case 'positive':
        return negate(evaluate(e.operand, scope), 1);
      case 'and': {
        const left = evaluate(e.left, scope);
        return isTrue(left) ? evaluate(e.right, scope) : left;
      }
      case 'or': {
        const left = evaluate(e.left, scope);
        return isTrue(left) ? left : evaluate(e.right, scope);
      }
      case 'binary': {
        const left = evaluate(e.left, scope);
        return binary(e.operator, left, evaluate(e.right, scope));
      }
      case 'concat':
        return joinTexts(e.parts.map((part) => evaluate(part, scope)));
      case 'compare': {
        let left = evaluate(e.first, scope);
        for (const { operator, operand } of e.rest) {
          const right = evaluate(operand, scope);
          if (!comparison(operator, left, right)) return false;
          left = right;
        }
        return true;
      }
      case 'conditional':
        if (isTrue(evaluate(e.test, scope))) return evaluate(e.value, scope);
        if (e.otherwise) return evaluate(e.otherwise, scope);
        return new Undefined('the inline if-expression evaluated to false and no else section was defined');
    }
  };

  const evaluate = (e: Expression, scope: Scope): Value => {
    count();
    const value = compute(e, scope);
    if (typeof value === 'string') checkText(value.length);
    else if (value instanceof Markup) checkText(value.text.length);
    else if (Array.isArray(value)) checkList(value.length);
    return value;
  };

  const assign = (target: Target, value: Value, scope: Scope): void => {
    if (target.type === 'name') scope.names.set(target.name, value);
    else if (target.type === 'member') {
      const object = scope.find(target.name);
      const owner =
        object instanceof Namespace
          ? object
          : fail(`cannot assign attribute on non-namespace object ${target.name}`);
      owner.attributes.set(checkAttributeName(target.attribute), value);
    } else {
      const items = iterate(value);
      if (items.length !== target.items.length) {
        fail(`expected ${target.items.length} values to unpack, got ${items.length}`);
      }
      for (const [i, one] of target.items.entries()) assign(one, items[i]!, scope);
    }
  };

  /** A body's text on its own. */
  const capture = (body: readonly Statement[], scope: Scope): { text: string; ended: Ended } => {
    const out: string[] = [];
    const ended = run(body, scope, out);
    return { text: out.join(''), ended };
  };

  const nested = <T>(f: () => T): T => {
    if (++depth > MAX_DEPTH) return fail('it calls itself too often');
    const result = f();
    depth--;
    return result;
  };

  const macro = (body: MacroBody, defined: Scope): Callable =>
    macroOf(body, defined, { evaluate, nested, write: (scope) => capture(body.body, scope).text });

  const runFor = (statement: Extract<Statement, { type: 'for' }>, scope: Scope, out: string[]): Ended => {
    const over = (iterable: Value, level: number, target: string[]): Ended => {
      const all = iterate(iterable);
      const { condition } = statement;
      const items = !condition
        ? all
        : all.filter((item) => {
            const inner = new Scope(scope);
            assign(statement.target, item, inner);
            return isTrue(evaluate(condition, inner));
          });
      checkList(items.length);
      const again = statement.recursive
        ? new Callable('loop', ({ positional }) =>
            nested(() => {
              const text: string[] = [];
              over(positional[0] ?? null, level + 1, text);
              return text.join('');
            }),
          )
        : undefined;
      const state = {};
      for (let i = 0; i < items.length; i++) {
        count();
        const inner = new Scope(scope);
        inner.names.set('loop', loopValue(items, i, level, state, again));
        assign(statement.target, items[i]!, inner);
        if (run(statement.body, inner, target) === 'break') break;
      }
      return items.length === 0 ? run(statement.otherwise, new Scope(scope), target) : undefined;
    };
    return over(evaluate(statement.iterable, scope), 0, out);
  };

  const write = (text: string, out: string[]) => {
    written += text.length;
    checkText(written);
    out.push(text);
  };

  const runOne = (statement: Statement, scope: Scope, out: string[]): Ended => {
    switch (statement.type) {
      case 'data':
        write(statement.text, out);
        return undefined;
      case 'output':
        write(toText(evaluate(statement.expression, scope)), out);
        return undefined;
      case 'if': {
        const branch = statement.branches.find(({ test }) => isTrue(evaluate(test, scope)));
        return run(branch ? branch.body : statement.otherwise, scope, out);
      }
      case 'for':
        return runFor(statement, scope, out);
      case 'set':
        assign(statement.target, evaluate(statement.value, scope), scope);
        return undefined;
      case 'set-block': {
        const { text, ended } = capture(statement.body, new Scope(scope));
        if (ended) return ended;
        assign(statement.target, statement.filter ? applyFilter(statement.filter, text, scope) : text, scope);
        return undefined;
      }
      case 'with': {
        const inner = new Scope(scope);
        // The values are those outside of the block.
        const given = statement.bindings.map(([, e]) => evaluate(e, scope));
        for (const [i, [target]] of statement.bindings.entries()) assign(target, given[i]!, inner);
        return run(statement.body, inner, out);
      }
      case 'macro':
        scope.names.set(statement.macro.name, macro(statement.macro, scope));
        return undefined;
      case 'call': {
        const callee = evaluate(statement.call.callee, scope);
        const { positional, named } = argumentsOf(statement.call.args, scope);
        const caller = macro(statement.caller, scope);
        write(toText(call(callee, { positional, named: new Map([...named, ['caller', caller]]) })), out);
        return undefined;
      }
      case 'filter': {
        const { text, ended } = capture(statement.body, new Scope(scope));
        if (ended) return ended;
        write(toText(applyFilter(statement.filter, text, scope)), out);
        return undefined;
      }
      case 'generation':
        return run(statement.body, new Scope(scope), out);
      case 'block':
        return run(statement.body, new Scope(root), out);
      case 'break':
      case 'continue':
        return statement.type;
    }
  };

  const run = (body: readonly Statement[], scope: Scope, out: string[]): Ended => {
    for (const statement of body) {
      count();
      const ended = runOne(statement, scope, out);
      if (ended) return ended;
    }
    return undefined;
  };

  return capture(program, root).text;
};
