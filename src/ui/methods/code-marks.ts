import type { SymbolValue } from '../../methods/method';
import type { KnownSymbol } from '../../methods/symbols';

const word = (name: string) => `\\b${name}\\b`;

/** How code writes the number that a path leads to. */
const written = (path: SymbolValue): string => {
  if (path === 'loss') return word('loss');
  const [head, key] = path.split('.') as [string, string];
  if (head === 'params') return word(key);
  if (head === 'pair') return `${word('margin')}|${word('meanMargin')}`;
  const short = head === 'chosen' ? 'w' : 'l';
  if (key === 'logRatio') return `\\b${head}\\.(?:logRatio|reward)\\b|\\bS_${short}\\b`;
  if (key === 'sum' || key === 'refSum') return `\\b${head}\\.${key}\\b`;
  if (key === 'length') return `\\b${head}\\.length\\b|\\bn_${short}\\b`;
  return `\\b${head}\\.(?:mean|meanRatio)\\b|\\ba_${short}\\b`;
};

/** A part of a line of code; with the id of the symbol that it is. */
export interface CodePart {
  text: string;
  symbol?: string;
}

/** Cuts lines of a method's file where they name symbols of its formula. */
export const codeMarker = (symbols: readonly KnownSymbol[]): ((line: string) => CodePart[]) => {
  const known = symbols.map(({ id, value }) => ({
    id,
    source: (typeof value === 'string' ? [value] : Object.values(value.of)).map(written).join('|'),
  }));
  if (known.length === 0) return (text) => [{ text }];
  const any = new RegExp(known.map(({ source }) => `(${source})`).join('|'), 'g');
  return (line) => {
    const parts: CodePart[] = [];
    let from = 0;
    for (const found of line.matchAll(any)) {
      const symbol = known[found.slice(1).findIndex((group) => group !== undefined)]!.id;
      if (found.index > from) parts.push({ text: line.slice(from, found.index) });
      parts.push({ text: found[0], symbol });
      from = found.index + found[0].length;
    }
    if (from < line.length) parts.push({ text: line.slice(from) });
    return parts;
  };
};
