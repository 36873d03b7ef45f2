import { Bound } from './arguments';
import { fail, TooMuch } from './error';
import { strftime } from './strftime';
import type { Arguments, Value } from './values';
import { Callable, dictKey, Frozen, iterate, Namespace, Undefined } from './values';

const MAX_RANGE = 100_000;

const range = ({ positional, named }: Arguments): Value => {
  const bound = new Bound('range', ['start', 'stop', 'step'], { positional, named }, 1);
  const [from, to] =
    positional.length === 1
      ? [0, bound.integer('start', 0)]
      : [bound.integer('start', 0), bound.integer('stop', 0)];
  const step = bound.integer('step', 1);
  if (step === 0) return fail('range() arg 3 must not be zero');
  const count = Math.max(0, Math.ceil((to - from) / step));
  const printed = `range(${from}, ${to}${step === 1 ? '' : `, ${step}`})`;
  if (count > MAX_RANGE) throw new TooMuch(`${printed} is too long`);
  return new Frozen(
    'range',
    Array.from({ length: count }, (_, i) => from + i * step),
    printed,
  );
};

/** Entries of dict(...): a mapping or pairs, then named ones. */
const entries = (name: string, { positional, named }: Arguments): [Value, Value][] => {
  if (positional.length > 1) return fail(`${name} expected at most 1 argument, got ${positional.length}`);
  const [given] = positional;
  const pairs =
    given instanceof Map
      ? [...given]
      : given === undefined
        ? []
        : iterate(given).map((pair) => iterate(pair));
  return [...pairs, ...named].map((pair): [Value, Value] => {
    if (pair.length !== 2) return fail(`${name} needs pairs of key and value`);
    return [dictKey(pair[0]!), pair[1]!];
  });
};

export const checkAttributeName = (name: Value): string =>
  typeof name === 'string' && !name.startsWith('_') ? name : fail(`a namespace cannot hold ${String(name)}`);

const namespace = (args: Arguments): Value => {
  const made = new Namespace();
  for (const [key, value] of entries('namespace', args)) made.attributes.set(checkAttributeName(key), value);
  return made;
};

const cycler = ({ positional }: Arguments): Value => {
  if (positional.length === 0) return fail('at least one item has to be provided');
  let at = 0;
  const current = () => positional[at]!;
  const made = new Namespace();
  made.attributes.set('current', current());
  const move = (to: number) => {
    at = to % positional.length;
    made.attributes.set('current', current());
    return null;
  };
  const next = () => {
    const value = current();
    move(at + 1);
    return value;
  };
  made.attributes.set('next', new Callable('next', next));
  made.attributes.set('reset', new Callable('reset', () => move(0)));
  return made;
};

const joiner = (args: Arguments): Value => {
  const separator = new Bound('joiner', ['sep'], args).text('sep', ', ');
  let isUsed = false;
  return new Callable('joiner', () => {
    if (isUsed) return separator;
    isUsed = true;
    return '';
  });
};

/** What Jinja2 and transformers give every template. */
export const globalValues = (now: () => Date): Map<string, Value> => {
  const functions: Record<string, (args: Arguments) => Value> = {
    range,
    dict: (args) => new Map(entries('dict', args)),
    namespace,
    cycler,
    joiner,
    lipsum: () => fail('lipsum is not supported here'),
    raise_exception: (args) => {
      const message = new Bound('raise_exception', ['message'], args, 1).value('message')!;
      return fail(
        message instanceof Undefined ? '' : typeof message === 'string' ? message : String(message),
      );
    },
    strftime_now: (args) =>
      strftime(now(), new Bound('strftime_now', ['format'], args, 1).text('format', '')),
  };
  const made = Object.entries(functions).map(([name, call]): [string, Value] => [
    name,
    new Callable(name, call),
  ]);
  return new Map([...made, ['self', new Namespace()]]);
};
