import { fail } from './error';
import type { Token } from './lexer';
import { tokenize } from './lexer';

/** The tokens of a template with a place in them. */
export interface TokenStream {
  current(): Token;
  /** Takes the current token. */
  next(): Token;
  /** @throws TemplateError with the line of the current token */
  bad(reason: string, line?: number): never;
  /** A token in words. */
  named(token: Token): string;
  isOperator(text: string, ahead?: number): boolean;
  isName(text: string, ahead?: number): boolean;
  /** Takes the token when it is that one. */
  skipOperator(text: string): boolean;
  skipName(text: string): boolean;
  /** Takes the token. @throws TemplateError when it is another */
  expect(type: Token['type'], text?: string): Token;
  /** Comma-separated items up to the closing sign, which is taken; a last comma is allowed. */
  parseUntil<T>(close: string, item: () => T): T[];
  /** Whether a list of expressions without parentheses ends here. */
  tupleEnds(endName?: string): boolean;
}

/** @throws TemplateError with the line */
export const tokenStream = (source: string): TokenStream => {
  const tokens = tokenize(source);
  let at = 0;

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

  return {
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
  };
};
