/**
 * Prepares a WGSL kernel for the compiler of a software adapter, which neither unrolls loops nor keeps small arrays in
 * registers. The shader stays readable, with loops and arrays; these lines are rewritten:
 *
 * - `const NAME = 4u;` takes the value given for NAME;
 * - `for (var i = 0u; i < BOUND; i++) { // unroll` is repeated for each i, BOUND being a literal or a constant expression;
 * - the same with `// unroll flat` is repeated without braces, so that what one round defines is seen after the loop;
 * - `var x: array<T, N>; // registers` (also two-dimensional) becomes one variable per element; each index must be a
 *   constant once the loops are unrolled;
 * - `var x: array<T, N>; // once` says that each element is assigned once: `x[i] = ...` becomes `let x_i = ...`, which
 *   a software adapter need not write to memory under the mask of active threads as it does each variable.
 *
 * @throws Error when a marked line does not have the expected form.
 */
export const unroll = (code: string, constants: Record<string, number> = {}): string => {
  const known = new Map<string, number>();
  const text = code.replace(/^const (\w+) = (\d+)u;/gm, (_, name: string, value: string) => {
    const chosen = constants[name] ?? Number(value);
    known.set(name, chosen);
    return `const ${name} = ${chosen}u;`;
  });
  return scalarise(expand(text, known), known);
};

/** The value of a constant expression of literals, known names and + * / %. */
const evaluate = (expression: string, known: Map<string, number>): number | undefined => {
  const terms = expression.split('+').map((term) => {
    const parts = term.trim().split(/\s*([*/%])\s*/);
    const numberOf = (word: string) => (/^\d+u?$/.test(word) ? Number.parseInt(word, 10) : known.get(word));
    let value = numberOf(parts[0]!);
    for (let i = 1; i < parts.length; i += 2) {
      const right = numberOf(parts[i + 1]!);
      if (value === undefined || right === undefined) return undefined;
      value = parts[i] === '*' ? value * right : parts[i] === '/' ? Math.floor(value / right) : value % right;
    }
    return value;
  });
  return terms.reduce<number | undefined>(
    (a, b) => (a === undefined || b === undefined ? undefined : a + b),
    0,
  );
};

/** Index one past the brace that closes the one before `start`. */
const closing = (code: string, start: number): number => {
  let depth = 1;
  let end = start;
  for (; depth > 0; end++) {
    if (end >= code.length)
      throw new Error(`unroll: a block is never closed: ${code.slice(start - 60, start)}`);
    if (code[end] === '{') depth++;
    else if (code[end] === '}') depth--;
  }
  return end;
};

/**
 * Resolves `if (NAME) {...} else {...}` (else optional, no else if) for the names given, so that the compiler never sees
 * the other branch: a software adapter takes a second or more over a large kernel.
 */
export const specialise = (code: string, facts: Record<string, boolean>): string => {
  const match = new RegExp(`if \\((${Object.keys(facts).join('|')})\\) \\{`).exec(code);
  if (!match) return code;
  const thenStart = match.index + match[0].length;
  const thenEnd = closing(code, thenStart);
  const otherwise = /^\s*else \{/.exec(code.slice(thenEnd));
  const elseStart = otherwise ? thenEnd + otherwise[0].length : thenEnd;
  const end = otherwise ? closing(code, elseStart) : thenEnd;
  // Without the braces: what the branch declares may be used after it.
  const chosen = facts[match[1]!]
    ? code.slice(thenStart, thenEnd - 1)
    : otherwise
      ? code.slice(elseStart, end - 1)
      : '';
  return code.slice(0, match.index) + specialise(chosen + code.slice(end), facts);
};

const loop = /for \(var (\w+) = 0u; \1 < ([^;]+); \1\+\+\) \{ \/\/ unroll( flat)?/;

const expand = (code: string, known: Map<string, number>): string => {
  const match = loop.exec(code);
  if (!match) return code;
  const [head, name, bound] = [match[0], match[1]!, match[2]!];
  const count = evaluate(bound, known);
  if (count === undefined) throw new Error(`unroll: "${bound}" in "${head}" is not a constant`);
  const start = match.index + head.length;
  const end = closing(code, start);
  const body = code.slice(start, end - 1);
  const word = new RegExp(`\\b${name}\\b`, 'g');
  const copies = Array.from({ length: count }, (_, i) => {
    const copy = expand(body.replace(word, `${i}u`), known);
    return match[3] ? copy : `{${copy}}`;
  });
  return code.slice(0, match.index) + copies.join('\n') + expand(code.slice(end), known);
};

const scalarise = (code: string, known: Map<string, number>): string => {
  const arrays = new Set<string>();
  const once = new Set<string>();
  const size = (text: string) => {
    const value = evaluate(text, known);
    if (value === undefined) throw new Error(`unroll: array size "${text}" is not a constant`);
    return value;
  };
  const declared = code
    .replace(
      /var (\w+): array<array<(\w+), ([^>]+)>, ([^>]+)>; \/\/ registers/g,
      (_, name: string, type: string, inner: string, outer: string) => {
        arrays.add(name);
        const lines: string[] = [];
        for (let i = 0; i < size(outer); i++) {
          for (let j = 0; j < size(inner); j++) lines.push(`var ${name}_${i}_${j}: ${type};`);
        }
        return lines.join(' ');
      },
    )
    .replace(
      /var (\w+): array<(\w+), ([^>]+)>; \/\/ registers/g,
      (_, name: string, type: string, length: string) => {
        arrays.add(name);
        return Array.from({ length: size(length) }, (_unused, i) => `var ${name}_${i}: ${type};`).join(' ');
      },
    )
    .replace(/var (\w+): array<(\w+), ([^>]+)>; \/\/ once/g, (_, name: string) => {
      arrays.add(name);
      once.add(name);
      return '';
    });
  const twice = new Set([...arrays].filter((name) => new RegExp(`\\b${name}_\\d+_\\d+:`).test(declared)));
  let result = declared;
  for (const name of arrays) {
    const index = '\\[([^\\[\\]]+)\\]';
    const use = new RegExp(`\\b${name}${index}${twice.has(name) ? index : ''}`, 'g');
    result = result.replace(use, (whole, ...groups: string[]) => {
      const indices = groups.slice(0, twice.has(name) ? 2 : 1).map((text) => evaluate(text, known));
      if (indices.includes(undefined)) throw new Error(`unroll: the index of "${whole}" is not a constant`);
      return `${name}_${indices.join('_')}`;
    });
    if (once.has(name)) result = result.replace(new RegExp(`\\b(${name}_\\d+ =)`, 'g'), 'let $1');
  }
  return result;
};
