/** Arguments of a call: `a, *b, c=d, **e`. */
export interface CallArguments {
  positional: Expression[];
  spread: Expression | undefined;
  named: [string, Expression][];
  namedSpread: Expression | undefined;
}

export type Expression =
  | { type: 'constant'; value: string | number | boolean | null; isFloat: boolean }
  | { type: 'name'; name: string }
  | { type: 'list' | 'tuple'; items: Expression[] }
  | { type: 'dict'; entries: [Expression, Expression][] }
  | { type: 'attribute'; object: Expression; name: string }
  | { type: 'item'; object: Expression; index: Expression }
  | { type: 'slice'; start?: Expression; stop?: Expression; step?: Expression }
  | { type: 'call'; callee: Expression; args: CallArguments }
  | { type: 'filter'; operand: Expression | undefined; name: string; args: CallArguments }
  | { type: 'test'; operand: Expression; name: string; args: CallArguments }
  | { type: 'not' | 'negative' | 'positive'; operand: Expression }
  | { type: 'and' | 'or'; left: Expression; right: Expression }
  | { type: 'binary'; operator: string; left: Expression; right: Expression }
  | { type: 'concat'; parts: Expression[] }
  | { type: 'compare'; first: Expression; rest: { operator: string; operand: Expression }[] }
  | { type: 'conditional'; test: Expression; value: Expression; otherwise: Expression | undefined };

export type FilterExpression = Extract<Expression, { type: 'filter' }>;

export type Target =
  | { type: 'name'; name: string }
  | { type: 'member'; name: string; attribute: string }
  | { type: 'tuple'; items: Target[] };

export interface Signature {
  names: string[];
  /** Of the last names. */
  defaults: Expression[];
}

export interface MacroBody extends Signature {
  name: string;
  body: Statement[];
  /** Which of the names `caller`, `varargs` and `kwargs` the body uses. */
  uses: ReadonlySet<string>;
}

export type Statement =
  | { type: 'data'; text: string }
  | { type: 'output'; expression: Expression }
  | { type: 'if'; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | {
      type: 'for';
      target: Target;
      iterable: Expression;
      condition: Expression | undefined;
      recursive: boolean;
      body: Statement[];
      otherwise: Statement[];
    }
  | { type: 'set'; target: Target; value: Expression }
  | { type: 'set-block'; target: Target; filter: FilterExpression | undefined; body: Statement[] }
  | { type: 'with'; bindings: [Target, Expression][]; body: Statement[] }
  | { type: 'macro'; macro: MacroBody }
  | { type: 'call'; call: Extract<Expression, { type: 'call' }>; caller: MacroBody }
  | { type: 'filter'; filter: FilterExpression; body: Statement[] }
  | { type: 'generation' | 'block'; body: Statement[] }
  | { type: 'break' | 'continue' };
