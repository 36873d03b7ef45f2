import type {
  CallArguments,
  Expression,
  FilterExpression,
  MacroBody,
  Signature,
  Statement,
  Target,
} from './ast';
import { fail } from './error';
import type { Token } from './lexer';
import { tokenize } from './lexer';

/** Names that a template may use, and those that Jinja2 has and we do not. */
export interface KnownNames {
  filters: ReadonlySet<string>;
  tests: ReadonlySet<string>;
  unsupportedFilters: ReadonlySet<string>;
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
const constants: Record<string, boolean | null> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const noArguments: CallArguments = { positional: [], spread: undefined, named: [], namedSpread: undefined };
const unsupportedTags = ['extends', 'include', 'import', 'from', 'autoescape'];

/** Reads a template as Jinja2's parser does, with `loopcontrols` and the `generation` tag of transformers. */
export const parse = (source: string, known: KnownNames): Statement[] => {
  const tokens = tokenize(source);
  let at = 0;
  let loops = 0;
  // Inside a condition, Jinja2 objects to an unknown filter only when it is reached.
  let conditions = 0;
  /** For each macro being read: which special names its body uses. */
  const uses: Set<string>[] = [];

  const current = (): Token => tokens[at]!;
  const bad = (reason: string, line = current().line): never => fail(`line ${line}: ${reason}`);
  const named = ({ type, text }: Token) =>
    type === 'eof' ? 'end of template' : text === '' ? type.replace('_', ' ') : JSON.stringify(text);
  const next = (): Token => {
    const token = current();
    if (token.type !== 'eof') at++;
    return token;
  };
  const isOperator = (text: string, ahead = 0) =>
    tokens[at + ahead]?.type === 'operator' && tokens[at + ahead]!.text === text;
  const isName = (text: string, ahead = 0) =>
    tokens[at + ahead]?.type === 'name' && tokens[at + ahead]!.text === text;
  const skipOperator = (text: string) => isOperator(text) && Boolean(next());
  const skipName = (text: string) => isName(text) && Boolean(next());
  const expect = (type: Token['type'], text?: string): Token => {
    const token = current();
    if (token.type !== type || (text !== undefined && token.text !== text)) {
      bad(`expected ${text ?? type.replace('_', ' ')}, got ${named(token)}`);
    }
    return next();
  };

  const parseExpression = (withCondition = true): Expression => {
    if (!withCondition) return parseOr();
    let expression = parseOr();
    while (skipName('if')) {
      conditions++;
      const test = parseOr();
      const otherwise = skipName('else') ? parseExpression() : undefined;
      conditions--;
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
        at += 2;
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
        for (const used of uses) used.add(token.text);
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

  /** Comma-separated items up to the closing sign, which is taken; a last comma is allowed. */
  const parseUntil = <T>(close: string, item: () => T): T[] => {
    const items: T[] = [];
    while (!isOperator(close)) {
      if (items.length > 0) {
        expect('operator', ',');
        if (isOperator(close)) break;
      }
      items.push(item());
    }
    next();
    return items;
  };

  const tupleEnds = (endName?: string) =>
    ['variable_end', 'block_end', 'eof'].includes(current().type) ||
    isOperator(')') ||
    (endName !== undefined && isName(endName));

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
    if (!known.filters.has(name) && conditions === 0) bad(`there is no filter named ${name}`);
    return { type: 'filter', operand, name, args: isOperator('(') ? parseArguments() : noArguments };
  };
  const parseTest = (operand: Expression): Expression => {
    const isNegated = skipName('not');
    const name = parseDotted();
    if (!known.tests.has(name) && conditions === 0) bad(`there is no test named ${name}`);
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

  const parseOneTarget = (mayBeMember: boolean): Target => {
    if (skipOperator('(')) {
      const items = parseUntil(')', () => parseOneTarget(mayBeMember));
      return items.length === 1 ? items[0]! : { type: 'tuple', items };
    }
    const { text, line } = expect('name');
    if (Object.hasOwn(constants, text)) bad(`cannot assign to ${text}`, line);
    if (!mayBeMember || !skipOperator('.')) return { type: 'name', name: text };
    return { type: 'member', name: text, attribute: expect('name').text };
  };
  const parseTarget = (mayBeMember: boolean, endName?: string): Target => {
    const items: Target[] = [];
    let isTuple = false;
    while (!tupleEnds(endName) && !isOperator('=')) {
      items.push(parseOneTarget(mayBeMember));
      if (!skipOperator(',')) break;
      isTuple = true;
    }
    if (items.length === 0) bad(`expected a name, got ${named(current())}`);
    return isTuple ? { type: 'tuple', items } : items[0]!;
  };

  /** Statements up to a tag of one of these names, which is taken; what follows the name is not. */
  const parseBody = (...ends: string[]): { body: Statement[]; end: string } => {
    skipOperator(':');
    expect('block_end');
    const body = parseStatements(ends);
    if (current().type === 'eof') bad(`the template ends before ${ends.join(' or ')}`);
    return { body, end: next().text };
  };
  const parseSignature = (): Signature => {
    expect('operator', '(');
    const signature: Signature = { names: [], defaults: [] };
    parseUntil(')', () => {
      signature.names.push(expect('name').text);
      if (skipOperator('=')) signature.defaults.push(parseExpression());
      else if (signature.defaults.length > 0) bad('a parameter without a default follows one with a default');
    });
    return signature;
  };
  /** A body that runs as a function of its own: no loop around it, names noted. */
  const parseMacroBody = (name: string, signature: Signature, end: string): MacroBody => {
    const outer = loops;
    loops = 0;
    uses.push(new Set());
    const { body } = parseBody(end);
    loops = outer;
    return { name, ...signature, body, uses: uses.pop()! };
  };

  const parseFor = (): Statement => {
    const target = parseTarget(false, 'in');
    expect('name', 'in');
    const iterable = parseTuple({ withCondition: false, endName: 'recursive' });
    const condition = skipName('if') ? parseExpression() : undefined;
    const recursive = skipName('recursive');
    const outer = conditions;
    conditions = 0;
    loops++;
    const { body, end } = parseBody('endfor', 'else');
    loops--;
    const otherwise = end === 'else' ? parseBody('endfor').body : [];
    conditions = outer;
    return { type: 'for', target, iterable, condition, recursive, body, otherwise };
  };
  const parseIf = (): Statement => {
    const branches: { test: Expression; body: Statement[] }[] = [];
    conditions++;
    let end = 'elif';
    while (end === 'elif') {
      const test = parseTuple({ withCondition: false });
      const read = parseBody('elif', 'else', 'endif');
      branches.push({ test, body: read.body });
      end = read.end;
    }
    const otherwise = end === 'else' ? parseBody('endif').body : [];
    conditions--;
    return { type: 'if', branches, otherwise };
  };
  const parseSet = (): Statement => {
    const target = parseTarget(true);
    if (skipOperator('=')) return { type: 'set', target, value: parseTuple() };
    let filter: FilterExpression | undefined;
    while (skipOperator('|')) filter = parseFilter(filter);
    return { type: 'set-block', target, filter, body: parseBody('endset').body };
  };
  const parseWith = (): Statement => {
    const bindings: [Target, Expression][] = [];
    while (current().type !== 'block_end') {
      if (bindings.length > 0) expect('operator', ',');
      const target = parseTarget(false);
      expect('operator', '=');
      bindings.push([target, parseExpression()]);
    }
    return { type: 'with', bindings, body: parseBody('endwith').body };
  };
  const parseCallBlock = (): Statement => {
    const signature = isOperator('(') ? parseSignature() : { names: [], defaults: [] };
    const { line } = current();
    const call = parseExpression();
    if (call.type !== 'call') return bad('call needs a call', line);
    return { type: 'call', call, caller: parseMacroBody('caller', signature, 'endcall') };
  };
  const parseFilterBlock = (): Statement => {
    let filter = parseFilter(undefined);
    while (skipOperator('|')) filter = parseFilter(filter);
    return { type: 'filter', filter, body: parseBody('endfilter').body };
  };

  const parseStatement = (): Statement | Statement[] => {
    const { text: tag, line } = expect('name');
    switch (tag) {
      case 'for':
        return parseFor();
      case 'if':
        return parseIf();
      case 'set':
        return parseSet();
      case 'with':
        return parseWith();
      case 'macro': {
        const { text: name } = expect('name');
        return { type: 'macro', macro: parseMacroBody(name, parseSignature(), 'endmacro') };
      }
      case 'call':
        return parseCallBlock();
      case 'filter':
        return parseFilterBlock();
      case 'generation':
        return {
          type: 'generation',
          body: parseMacroBody('', { names: [], defaults: [] }, 'endgeneration').body,
        };
      case 'block': {
        const { text: name } = expect('name');
        skipName('scoped');
        const { body } = parseMacroBody('', { names: [], defaults: [] }, 'endblock');
        skipName(name);
        return { type: 'block', body };
      }
      case 'print': {
        const printed: Statement[] = [];
        while (current().type !== 'block_end') {
          if (printed.length > 0) expect('operator', ',');
          printed.push({ type: 'output', expression: parseExpression() });
        }
        return printed;
      }
      case 'break':
      case 'continue':
        if (loops === 0) bad(`${tag} outside of a loop`, line);
        return { type: tag };
    }
    const reason = unsupportedTags.includes(tag) ? 'is not supported here' : 'is not known';
    return bad(`the tag ${tag} ${reason}`, line);
  };

  const parseStatements = (ends: readonly string[]): Statement[] => {
    const body: Statement[] = [];
    for (;;) {
      const token = current();
      if (token.type === 'eof') return body;
      next();
      if (token.type === 'data') body.push({ type: 'data', text: token.text });
      else if (token.type === 'variable_begin') {
        body.push({ type: 'output', expression: parseTuple() });
        expect('variable_end');
      } else {
        if (ends.some((end) => isName(end))) return body;
        const statement = parseStatement();
        if (Array.isArray(statement)) body.push(...statement);
        else body.push(statement);
        expect('block_end');
      }
    }
  };

  return parseStatements([]);
};
