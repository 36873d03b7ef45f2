import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { methodById, methods } from '../../../src/methods/index';
import { symbolsOf } from '../../../src/methods/symbols';
import { codeMarker } from '../../../src/ui/methods/code-marks';

const marked = (id: string, line: string) =>
  codeMarker(symbolsOf(methodById(id)))(line).flatMap(({ text, symbol }) =>
    symbol === undefined ? [] : [`${symbol}: ${text}`],
  );

it('finds the symbols of a formula in code', () => {
  expect(marked('dpo', 'const z = tf.mul(margin, beta); // chosen.logRatio less rejected.logRatio')).toEqual(
    expect.arrayContaining(['param-beta: beta']),
  );
  expect(marked('dpo', 'const alphabeta = 1;')).toEqual([]);
  for (const { id } of methods) {
    const line = '  loss: over(pairs.margin(beta)) + chosen.logRatio - S_l, // (2)';
    const parts = codeMarker(symbolsOf(methodById(id)))(line);
    expect(parts.map(({ text }) => text).join(''), id).toBe(line);
  }
});

it('lights something in the file of nearly every method whose formula has known symbols', () => {
  const dark = methods.filter((method) => {
    const symbols = symbolsOf(method);
    if (symbols.length === 0) return false;
    const text = readFileSync(`src/methods/${method.chapter}/${method.id}.ts`, 'utf8');
    const mark = codeMarker(symbols);
    return !text.split('\n').some((line) => mark(line).some(({ symbol }) => symbol !== undefined));
  });
  expect(dark.map(({ id }) => id)).toEqual([]);
});
