import type { Expression, FilterExpression, MacroBody, Signature, Statement, Target } from './ast';
import type { KnownNames, Notes } from './expression-parser';
import { constants, expressionParser } from './expression-parser';
import { tokenStream } from './token-stream';

const unsupportedTags = ['extends', 'include', 'import', 'from', 'autoescape'];

/** Reads a template as Jinja2's parser does, with `loopcontrols` and the `generation` tag of transformers. */
export const parse = (source: string, known: KnownNames): Statement[] => {
  const stream = tokenStream(source);
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
  const notes: Notes = { conditions: 0, uses: [] };
  const { parseExpression, parseTuple, parseFilter } = expressionParser(stream, known, notes);
  let loops = 0;

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
    notes.uses.push(new Set());
    const { body } = parseBody(end);
    loops = outer;
    return { name, ...signature, body, uses: notes.uses.pop()! };
  };

  const parseFor = (): Statement => {
    const target = parseTarget(false, 'in');
    expect('name', 'in');
    const iterable = parseTuple({ withCondition: false, endName: 'recursive' });
    const condition = skipName('if') ? parseExpression() : undefined;
    const recursive = skipName('recursive');
    const outer = notes.conditions;
    notes.conditions = 0;
    loops++;
    const { body, end } = parseBody('endfor', 'else');
    loops--;
    const otherwise = end === 'else' ? parseBody('endfor').body : [];
    notes.conditions = outer;
    return { type: 'for', target, iterable, condition, recursive, body, otherwise };
  };
  const parseIf = (): Statement => {
    const branches: { test: Expression; body: Statement[] }[] = [];
    notes.conditions++;
    let end = 'elif';
    while (end === 'elif') {
      const test = parseTuple({ withCondition: false });
      const read = parseBody('elif', 'else', 'endif');
      branches.push({ test, body: read.body });
      end = read.end;
    }
    const otherwise = end === 'else' ? parseBody('endif').body : [];
    notes.conditions--;
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
