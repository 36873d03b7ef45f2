/** A pattern that cannot be used: where in it, why, and what to do. */
export class PatternProblem extends Error {
  override name = 'PatternProblem';
}

/** Whether a character belongs to a set; `undefined` stands for none, before the text and after it. */
export type CharTest = (character: string | undefined) => boolean;

export type PatternNode =
  | { kind: 'char'; test: CharTest }
  | { kind: 'at'; holds: (before: string | undefined, after: string | undefined) => boolean }
  | { kind: 'all'; parts: PatternNode[] }
  | { kind: 'any'; parts: PatternNode[] }
  | { kind: 'repeat'; part: PatternNode; min: number; max: number };

const MAX_REPEAT = 200;
const MAX_DEPTH = 20;

const isDigit: CharTest = (c) => c !== undefined && /^\d$/.test(c);
const isWord: CharTest = (c) => c !== undefined && /^\w$/.test(c);
const isSpace: CharTest = (c) => c !== undefined && /^\s$/.test(c);
const not =
  (test: CharTest): CharTest =>
  (c) =>
    c !== undefined && !test(c);

const classes: Record<string, CharTest> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};
const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' };

/**
 * Reads a regular expression of the usual kind: characters, `.`, sets, groups, `|`, `* + ? {m,n}`, `^ $ \b \B` (of
 * lines), `\d \w \s` and their opposites, `(?i)` at the beginning. Lazy marks are read and make no difference, because
 * only where a match begins counts. Backward references and looking around are not read: without them matching takes
 * no more than pattern times text.
 * @throws PatternProblem
 */
export const parsePattern = (pattern: string): PatternNode => {
  const ignoreCase = pattern.startsWith('(?i)');
  const source = [...(ignoreCase ? pattern.slice(4) : pattern)];
  let at = 0;
  const fail = (reason: string): never => {
    throw new PatternProblem(
      `The pattern cannot be used at character ${at + 1 + (ignoreCase ? 4 : 0)}: ${reason}`,
    );
  };
  const same = (character: string): CharTest => {
    if (!ignoreCase) return (c) => c === character;
    const lower = character.toLowerCase();
    return (c) => c !== undefined && c.toLowerCase() === lower;
  };

  const escaped = (): { test: CharTest; character?: string } => {
    const letter = source[at++];
    if (letter === undefined) return fail('nothing follows the backslash');
    const own = Object.hasOwn(classes, letter) ? classes[letter] : undefined;
    if (own) return { test: own };
    if (letter === 'u' || letter === 'x') {
      const length = letter === 'u' ? 4 : 2;
      const code = source.slice(at, at + length).join('');
      if (!new RegExp(`^[0-9a-fA-F]{${length}}$`).test(code))
        fail(`\\${letter} needs ${length} hexadecimal digits`);
      at += length;
      const character = String.fromCharCode(Number.parseInt(code, 16));
      return { test: same(character), character };
    }
    if (/^[1-9k]$/.test(letter)) fail('references to earlier groups are not read');
    if (/^[a-zA-Z]$/.test(letter) && !Object.hasOwn(controls, letter)) fail(`\\${letter} is not read`);
    const character = controls[letter] ?? letter;
    return { test: same(character), character };
  };

  const set = (): CharTest => {
    const inverted = source[at] === '^';
    if (inverted) at++;
    const tests: CharTest[] = [];
    while (source[at] !== ']') {
      const next = source[at++];
      if (next === undefined) return fail('a [ is not closed');
      const low = next === '\\' ? escaped() : { test: same(next), character: next };
      if (source[at] !== '-' || source[at + 1] === ']' || low.character === undefined) {
        tests.push(low.test);
        continue;
      }
      at++;
      const end = source[at++];
      const high = end === '\\' ? escaped().character : end;
      if (high === undefined) return fail('a range in [ ] needs a character on both sides');
      const [a, b] = [low.character.codePointAt(0)!, high.codePointAt(0)!];
      if (b < a) fail('a range in [ ] is the wrong way round');
      const inRange = (c: string) => c.codePointAt(0)! >= a && c.codePointAt(0)! <= b;
      tests.push(
        (c) =>
          c !== undefined &&
          (inRange(c) || (ignoreCase && (inRange(c.toLowerCase()) || inRange(c.toUpperCase())))),
      );
    }
    at++;
    const one: CharTest = (c) => tests.some((test) => test(c));
    return inverted ? not(one) : one;
  };

  const atom = (depth: number): PatternNode => {
    const c = source[at++]!;
    switch (c) {
      case '(': {
        if (depth >= MAX_DEPTH) fail('groups nest too deep');
        if (source[at] === '?') {
          if (source[at + 1] !== ':')
            fail('of the groups with (? only (?: is read, and (?i) at the beginning');
          at += 2;
        }
        const inner = either(depth + 1);
        if (source[at] !== ')') fail('a ( is not closed');
        at++;
        return inner;
      }
      case '[':
        return { kind: 'char', test: set() };
      case '.':
        return { kind: 'char', test: (x) => x !== undefined && x !== '\n' && x !== '\r' };
      case '^':
        return { kind: 'at', holds: (before) => before === undefined || before === '\n' };
      case '$':
        return { kind: 'at', holds: (_, after) => after === undefined || after === '\n' };
      case '\\': {
        const letter = source[at];
        if (letter !== 'b' && letter !== 'B') return { kind: 'char', test: escaped().test };
        at++;
        return { kind: 'at', holds: (x, y) => (isWord(x) !== isWord(y)) === (letter === 'b') };
      }
      case '*':
      case '+':
      case '?':
        at--;
        return fail(`nothing stands before ${c}`);
      default:
        return { kind: 'char', test: same(c) };
    }
  };

  const count = (): { min: number; max: number } | undefined => {
    const c = source[at];
    if (c === '*' || c === '+' || c === '?') {
      at++;
      return { min: c === '+' ? 1 : 0, max: c === '?' ? 1 : Number.POSITIVE_INFINITY };
    }
    const braces =
      c === '{' ? /^\{(\d{1,6})(?:(,)(\d{1,6})?)?\}/.exec(source.slice(at, at + 20).join('')) : null;
    if (!braces) return undefined;
    at += braces[0].length;
    const min = Number(braces[1]);
    const max = braces[2] ? (braces[3] === undefined ? Number.POSITIVE_INFINITY : Number(braces[3])) : min;
    if (max < min) fail('a count {m,n} is the wrong way round');
    if (min > MAX_REPEAT || (Number.isFinite(max) && max > MAX_REPEAT))
      fail(`a count is above ${MAX_REPEAT}`);
    return { min, max };
  };

  const sequence = (depth: number): PatternNode => {
    const parts: PatternNode[] = [];
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      const part = atom(depth);
      const times = count();
      if (!times) {
        parts.push(part);
        continue;
      }
      if (source[at] === '?') at++;
      if (count()) fail('two counts follow each other');
      parts.push({ kind: 'repeat', part, ...times });
    }
    return { kind: 'all', parts };
  };

  const either = (depth: number): PatternNode => {
    const parts = [sequence(depth)];
    while (source[at] === '|') {
      at++;
      parts.push(sequence(depth));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts };
  };

  if (source.length === 0) fail('it is empty; write what a step begins with');
  const whole = either(0);
  if (at < source.length) fail('a ) has no ( before it');
  return whole;
};
