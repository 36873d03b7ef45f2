/** Calculator annotations as GSM8K has them: `<<16*7=112>>`, written where the calculator was asked. */
const annotation = /<<([^<>]{0,200})>>/g;

/** Evaluates numbers with + - * / and brackets. Undefined for anything else, and for a division by zero. */
export const evaluate = (expression: string): number | undefined => {
  const text = expression.replace(/[\s,$]/g, '');
  if (text.length > 200) return undefined;
  let at = 0;
  let depth = 0;
  const sum = (): number => {
    let value = product();
    while (text[at] === '+' || text[at] === '-')
      value = text[at++] === '+' ? value + product() : value - product();
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (text[at] === '*' || text[at] === '/')
      value = text[at++] === '*' ? value * factor() : value / factor();
    return value;
  };
  const factor = (): number => {
    if (text[at] === '-') {
      at++;
      return -factor();
    }
    if (text[at] === '(') {
      if (++depth > 50) return Number.NaN;
      at++;
      const value = sum();
      depth--;
      return text[at++] === ')' ? value : Number.NaN;
    }
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(text.slice(at))?.[0];
    if (number === undefined) return Number.NaN;
    at += number.length;
    const value = Number(number);
    if (text[at] !== '%') return value;
    at++;
    return value / 100;
  };
  const value = sum();
  return at === text.length && Number.isFinite(value) ? value : undefined;
};

export interface Annotation {
  expression: string;
  /** As written after the equals sign. */
  result: string;
  start: number;
  end: number;
}

export const annotationsIn = (line: string): Annotation[] =>
  [...line.matchAll(annotation)].flatMap((match): Annotation[] => {
    const equals = match[1]!.lastIndexOf('=');
    if (equals < 0) return [];
    return [
      {
        expression: match[1]!.slice(0, equals),
        result: match[1]!.slice(equals + 1),
        start: match.index,
        end: match.index + match[0].length,
      },
    ];
  });

/** Whether the result is right to the digits it gives; undefined when the annotation cannot be read. */
export const holds = ({ expression, result }: Annotation): boolean | undefined => {
  const value = evaluate(expression);
  const given = evaluate(result);
  if (value === undefined || given === undefined) return undefined;
  const decimals = /\.(\d+)/.exec(result)?.[1]?.length ?? 0;
  // Cut off as well as rounded: a whole unit of the last digit.
  return (
    Math.abs(value - given) < 10 ** -decimals * (1 + 1e-9) && (decimals > 0 || Math.abs(value - given) <= 0.5)
  );
};

export const removeAnnotations = (text: string): string => text.replace(annotation, '');

/** Results of the annotations of a text, as numbers. */
export const resultsOf = (text: string): number[] =>
  annotationsIn(text).flatMap(({ result }) => evaluate(result) ?? []);
