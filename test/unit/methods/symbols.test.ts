import katex from 'katex';
import { beforeAll, describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { comparesAnswers } from '../../../src/methods/method';
import { defaultParams } from '../../../src/methods/params';
import { markedTex, paramsInFormula, pathOfSymbol, symbolsOf } from '../../../src/methods/symbols';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { exampleCase } from '../../../src/train/loss-case/example-case';
import { firstPair, numberAt, pairNumbers } from '../../../src/ui/methods/pair-numbers';

beforeAll(() => initBackend('cpu'));

const pairwise = methods.filter(({ eats }) => eats === 'pairs' || eats === 'next-steps');
const softplus = (x: number) => Math.log1p(Math.exp(x));

/** A method's symbols on its example pair, by id. */
const on = async (id: string) => {
  const method = methods.find((m) => m.id === id)!;
  const given = firstPair(await exampleCase(id));
  const params = { ...defaultParams(method), ...given.params };
  const numbers = pairNumbers(given, params, (await computeLoss(given)).loss);
  return Object.fromEntries(
    symbolsOf(method).map((symbol) => [
      symbol.id,
      numbers && numberAt(pathOfSymbol(symbol, params)!, numbers),
    ]),
  ) as Record<string, number>;
};

describe('the symbols of a formula', () => {
  it.each(methods.map((method) => [method.id, method] as const))(
    '%s is set with them marked',
    (_, method) => {
      const symbols = symbolsOf(method);
      const marked = markedTex(method.tex, symbols);
      const html = katex.renderToString(marked, {
        trust: ({ command }) => command === '\\htmlData',
        strict: (code: string) => (code === 'htmlExtension' ? 'ignore' : 'error'),
        throwOnError: true,
      });
      for (const { id } of symbols) expect(html, id).toContain(`data-s="${id}"`);
      // Nothing but marks was added.
      expect(marked.replaceAll(/\\htmlData\{s=[\w-]+\}\{/g, '').length).toBe(
        method.tex.length + marked.split('\\htmlData').length - 1,
      );
    },
  );

  it.each(pairwise.map(({ id }) => [id]))('%s has a number for each of them on a pair', async (id) => {
    for (const [symbol, value] of Object.entries(await on(id)))
      expect(value, symbol).toEqual(expect.any(Number));
  });

  it('of its own stand in the formula', () => {
    for (const { id, tex, symbols = {} } of methods)
      for (const symbol of Object.values(symbols)) expect(tex, id).toContain(symbol.tex);
    expect(methods.some(({ eats }) => comparesAnswers(eats))).toBe(true);
  });

  const recombined: Record<string, (s: Record<string, number>) => number> = {
    dpo: (s) => softplus(-s['param-beta']! * (s['chosen-ratio']! - s['rejected-ratio']!)),
    'step-dpo': (s) => softplus(-s['param-beta']! * (s['chosen-ratio']! - s['rejected-ratio']!)),
    ipo: (s) => (s['margin']! - 1 / (2 * s['tau']!)) ** 2,
    hinge: (s) => Math.max(0, 1 - s['param-beta']! * s['margin']!),
    simpo: (s) =>
      softplus(
        -s['param-beta']! *
          (s['chosen-sum']! / s['chosen-length']! - s['rejected-sum']! / s['rejected-length']! - s['gamma']!),
      ),
    sppo: (s) =>
      (s['chosen-ratio']! - 1 / (2 * s['param-beta']!)) ** 2 +
      (s['rejected-ratio']! + 1 / (2 * s['param-beta']!)) ** 2,
    'bco-pair': (s) =>
      softplus(-s['param-beta']! * s['chosen-ratio']!) + softplus(s['param-beta']! * s['rejected-ratio']!),
    'ilr-dpo': (s) =>
      softplus(
        -s['param-beta']! * s['margin']! - s['param-alpha']! * (s['chosen-length']! - s['rejected-length']!),
      ),
  };
  it.each(Object.keys(recombined))('of %s recombine to its loss', async (id) => {
    const symbols = await on(id);
    expect(recombined[id]!(symbols)).toBeCloseTo(symbols['loss']!, 4);
  });
});

describe('parameters that stand in a formula', () => {
  it('are found under their own letter and under another', () => {
    const of = (id: string) => [...paramsInFormula(methods.find((m) => m.id === id)!)];
    expect(of('dpo')).toEqual(['beta']);
    expect(of('ipo')).toEqual(['beta']); // which the paper calls tau
    expect(of('simpo')).toEqual(expect.arrayContaining(['beta', 'gammaRatio']));
  });

  it('are parameters', () => {
    for (const method of methods)
      for (const id of paramsInFormula(method)) expect(Object.keys(method.params), method.id).toContain(id);
  });
});
