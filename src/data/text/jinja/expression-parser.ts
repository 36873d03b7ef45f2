import type { CallArguments, Expression, FilterExpression } from './ast';
import type { TokenStream } from './token-stream';

/** Names that a template may use, and those that Jinja2 has and we do not. */
export interface KnownNames {
  filters: ReadonlySet<string>;
  tests: ReadonlySet<string>;
  unsupportedFilters: ReadonlySet<string>;
}

/** What expressions and statements tell each other while they are read. */
export interface Notes {
  /** How many conditions are around: inside one, Jinja2 objects to an unknown filter only when it is reached. */
  conditions: number;
  /** For each macro being read: which names its body uses. */
  uses: Set<string>[];
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
export const constants: Record<string, boolean | null> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const noArguments: CallArguments = { positional: [], spread: undefined, named: [], namedSpread: undefined };
export interface ExpressionParser {
  /** @param withCondition whether `a if b else c` belongs to it */
  parseExpression(withCondition?: boolean): Expression;
  parseTuple(options?: {
    withCondition?: boolean;
    mayBeEmpty?: boolean;
    endName?: string | undefined;
  }): Expression;
  parseFilter(operand: Expression | undefined): FilterExpression;
}

/** Reads expressions with the precedences of Jinja2. */
export const expressionParser = (stream: TokenStream, known: KnownNames, notes: Notes): ExpressionParser => {
  const {
    current,
    next,
    bad,
    named,
    isOperator,
    isName,
    skipOperator,
    skipName,
    expect,
    parseUntil,
    tupleEnds,
  } = stream;

  const parseExpression = (withCondition = true): Expression => {
    if (!withCondition) return parseOr();
    let expression = parseOr();
    while (skipName('if')) {
      notes.conditions++;
      const test = parseOr();
      const otherwise = skipName('else') ? parseExpression() : undefined;
      notes.conditions--;
      expression = { type: 'conditional', test, value: expression, otherwise };
    }
    return expression;
  };
  const parseOr = (): Expression => {
    let left = parseAnd();
    while (skipName('or')) left = { type: 'or', left, right: parseAnd() };
    return left;
  };
  const parseAnd = (): Expression => {
    let left = parseNot();
    while (skipName('and')) left = { type: 'and', left, right: parseNot() };
    return left;
  };
  const parseNot = (): Expression =>
    skipName('not') ? { type: 'not', operand: parseNot() } : parseCompare();
  const parseCompare = (): Expression => {
    const first = parseSum();
    const rest: { operator: string; operand: Expression }[] = [];
    for (;;) {
      if (current().type === 'operator' && comparisons.has(current().text)) {
        rest.push({ operator: next().text, operand: parseSum() });
      } else if (skipName('in')) rest.push({ operator: 'in', operand: parseSum() });
      else if (isName('not') && isName('in', 1)) {
        next();
        next();
        rest.push({ operator: 'not in', operand: parseSum() });
      } else return rest.length === 0 ? first : { type: 'compare', first, rest };
    }
  };
  const parseBinary = (operators: readonly string[], operand: () => Expression) => (): Expression => {
    let left = operand();
    while (current().type === 'operator' && operators.includes(current().text)) {
      left = { type: 'binary', operator: next().text, left, right: operand() };
    }
    return left;
  };
  const parsePower = parseBinary(['**'], () => parseUnary());
  const parseProduct = parseBinary(['*', '/', '//', '%'], parsePower);
  const parseConcat = (): Expression => {
    const parts = [parseProduct()];
    while (skipOperator('~')) parts.push(parseProduct());
    return parts.length === 1 ? parts[0]! : { type: 'concat', parts };
  };
  const parseSum = parseBinary(['+', '-'], parseConcat);
  const parseUnary = (withFilter = true): Expression => {
    let node: Expression;
    if (skipOperator('-')) node = { type: 'negative', operand: parseUnary(false) };
    else if (skipOperator('+')) node = { type: 'positive', operand: parseUnary(false) };
    else node = parsePrimary();
    node = parsePostfix(node);
    return withFilter ? parseFilters(node) : node;
  };

  const parsePrimary = (): Expression => {
    const token = next();
    switch (token.type) {
      case 'name':
        if (Object.hasOwn(constants, token.text)) {
          return { type: 'constant', value: constants[token.text]!, isFloat: false };
        }
        for (const used of notes.uses) used.add(token.text);
        return { type: 'name', name: token.text };
      case 'string': {
        let value = token.text;
        while (current().type === 'string') value += next().text;
        return { type: 'constant', value, isFloat: false };
      }
      case 'integer':
      case 'float': {
        const value = Number(token.text);
        if (token.type === 'integer' && !Number.isSafeInteger(value)) bad(`${token.text} is too large`);
        return { type: 'constant', value, isFloat: token.type === 'float' };
      }
      case 'operator':
        if (token.text === '(') {
          const inner = parseTuple({ mayBeEmpty: true });
          expect('operator', ')');
          return inner;
        }
        if (token.text === '[') {
          return { type: 'list', items: parseUntil(']', () => parseExpression()) };
        }
        if (token.text === '{') {
          const entry = (): [Expression, Expression] => {
            const key = parseExpression();
            expect('operator', ':');
            return [key, parseExpression()];
          };
          return { type: 'dict', entries: parseUntil('}', entry) };
        }
    }
    return bad(`unexpected ${named(token)}`, token.line);
  };

  const parseTuple = ({
    withCondition = true,
    mayBeEmpty = false,
    endName = undefined as string | undefined,
  } = {}): Expression => {
    const items: Expression[] = [];
    let isTuple = false;
    while (!tupleEnds(endName)) {
      items.push(parseExpression(withCondition));
      if (!skipOperator(',')) break;
      isTuple = true;
    }
    if (!isTuple && items.length > 0) return items[0]!;
    if (!isTuple && !mayBeEmpty) bad(`expected an expression, got ${named(current())}`);
    return { type: 'tuple', items };
  };

  const parsePostfix = (start: Expression): Expression => {
    let node = start;
    for (;;) {
      if (skipOperator('.')) {
        const token = next();
        if (token.type === 'name') node = { type: 'attribute', object: node, name: token.text };
        else if (token.type === 'integer') {
          const index: Expression = { type: 'constant', value: Number(token.text), isFloat: false };
          node = { type: 'item', object: node, index };
        } else bad('expected a name or number after the dot', token.line);
      } else if (skipOperator('[')) {
        const items = parseUntil(']', parseSubscript);
        const index: Expression = items.length === 1 ? items[0]! : { type: 'tuple', items };
        node = { type: 'item', object: node, index };
      } else if (isOperator('(')) node = { type: 'call', callee: node, args: parseArguments() };
      else return node;
    }
  };
  const parseSubscript = (): Expression => {
    const part = () =>
      isOperator(':') || isOperator(']') || isOperator(',') ? undefined : parseExpression();
    const start = part();
    if (!skipOperator(':')) return start ?? bad(`unexpected ${named(current())}`);
    const stop = part();
    const step = skipOperator(':') ? part() : undefined;
    return { type: 'slice', ...(start && { start }), ...(stop && { stop }), ...(step && { step }) };
  };

  const parseArguments = (): CallArguments => {
    const { line } = expect('operator', '(');
    const args: CallArguments = { positional: [], spread: undefined, named: [], namedSpread: undefined };
    const ensure = (isRight: boolean) => isRight || bad('invalid arguments of a call', line);
    parseUntil(')', () => {
      if (skipOperator('*')) {
        ensure(!args.spread && !args.namedSpread);
        args.spread = parseExpression();
      } else if (skipOperator('**')) {
        ensure(!args.namedSpread);
        args.namedSpread = parseExpression();
      } else if (current().type === 'name' && isOperator('=', 1)) {
        ensure(!args.namedSpread);
        const { text } = next();
        next();
        args.named.push([text, parseExpression()]);
      } else {
        ensure(!args.spread && !args.namedSpread && args.named.length === 0);
        args.positional.push(parseExpression());
      }
    });
    return args;
  };

  const parseDotted = (): string => {
    let name = expect('name').text;
    while (skipOperator('.')) name += `.${expect('name').text}`;
    return name;
  };
  const parseFilter = (operand: Expression | undefined): FilterExpression => {
    const name = parseDotted();
    if (known.unsupportedFilters.has(name)) bad(`the filter ${name} is not supported here`);
    if (!known.filters.has(name) && notes.conditions === 0) bad(`there is no filter named ${name}`);
    return { type: 'filter', operand, name, args: isOperator('(') ? parseArguments() : noArguments };
  };
  const parseTest = (operand: Expression): Expression => {
    const isNegated = skipName('not');
    const name = parseDotted();
    if (!known.tests.has(name) && notes.conditions === 0) bad(`there is no test named ${name}`);
    let args = noArguments;
    const { type, text } = current();
    if (isOperator('(')) args = parseArguments();
    else if (
      ['string', 'integer', 'float'].includes(type) ||
      (type === 'name' && !['else', 'or', 'and'].includes(text)) ||
      isOperator('[') ||
      isOperator('{')
    ) {
      if (isName('is')) bad('tests with "is" cannot be chained');
      args = { ...noArguments, positional: [parsePostfix(parsePrimary())] };
    }
    const test: Expression = { type: 'test', operand, name, args };
    return isNegated ? { type: 'not', operand: test } : test;
  };
  const parseFilters = (start: Expression): Expression => {
    let node = start;
    for (;;) {
      if (skipOperator('|')) node = parseFilter(node);
      else if (skipName('is')) node = parseTest(node);
      else if (isOperator('(')) node = { type: 'call', callee: node, args: parseArguments() };
      else return node;
    }
  };

  return { parseExpression, parseTuple, parseFilter };
};
