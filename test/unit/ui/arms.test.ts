import { expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, parseRun, type RunDocument } from '../../../src/train/run-document';
import { anotherMethod, anotherSeed, armDocuments, armFields, ownFields } from '../../../src/ui/compare/arms';
import { partHash } from '../../../src/ui/place';

const catalogue = ['dpo', 'ipo', 'step-dpo', 'clear-preferences'].map((id) =>
  describeMethod(methods.find((m) => m.id === id)!),
);

it('reads arms from an address: what has no letter is for all', () => {
  const { place, document } = partHash(
    '#/compare?a.method.id=dpo&b.method.id=step-dpo&b.method.params.beta=0.3&c.method.id=dpo&c.seed=7&steps=9',
  );
  expect(document).toEqual([['steps', '9']]);
  expect(armFields(place.own).map(({ letter }) => letter)).toEqual(['a', 'b', 'c']);
  const base = { ...defaultRun(catalogue[0]!), steps: 9 };
  const arms = armDocuments(base, place.own, catalogue).map((candidate) => parseRun(candidate, catalogue));
  expect(arms.map(({ method, seed, steps }) => [method.id, seed, steps])).toEqual([
    ['dpo', 1, 9],
    ['step-dpo', 1, 9],
    ['dpo', 7, 9],
  ]);
  expect(arms[1]!.method.params['beta']).toBe(0.3);
  // Each trains on what it eats; all else is the same.
  expect(arms.map(({ data }) => data.source?.id)).toEqual([
    'right-and-wrong',
    'first-mistakes',
    'right-and-wrong',
  ]);
  expect(arms.map(({ optimizer }) => optimizer)).toEqual([base.optimizer, base.optimizer, base.optimizer]);
});

it('begins with two arms where none is named, and leaves a wrong method to be named', () => {
  expect(armFields({}).map(({ fields }) => fields['method.id'])).toEqual(['dpo', 'ipo']);
  const [, wrong] = armDocuments(defaultRun(catalogue[0]!), { 'b.method.id': 'no' }, catalogue);
  expect(() => parseRun(wrong, catalogue)).toThrow('"no" is not a method');
});

it('an arm has what its method puts around its data, and what was put around the data of all', () => {
  const arms = (base: RunDocument) =>
    armDocuments(base, { 'a.method.id': 'dpo', 'b.method.id': 'clear-preferences' }, catalogue).map(
      (candidate) => Object.keys(parseRun(candidate, catalogue).data.wrappers),
    );
  const base = defaultRun(catalogue[0]!);
  expect(arms(base)).toEqual([[], ['clear-preferences']]);
  const noisy = { ...base, data: { ...base.data, wrappers: { 'noisy-labels': { flipped: 0.3 } } } };
  expect(arms(noisy)).toEqual([['noisy-labels'], ['clear-preferences', 'noisy-labels']]);
  // From a method with a wrapper of its own it does not go over to another.
  expect(arms(defaultRun(catalogue[3]!))).toEqual([[], ['clear-preferences']]);
});

it('closes up letters that are left out, and takes off what is no longer there', () => {
  const own = { 'd.method.id': 'step-dpo', 'b.seed': '4' };
  const arms = armFields(own);
  expect(arms.map(({ letter, fields }) => [letter, fields['method.id']])).toEqual([
    ['a', 'dpo'],
    ['b', 'ipo'],
    ['c', 'step-dpo'],
  ]);
  expect(
    ownFields(
      arms.map(({ fields }) => fields),
      own,
    ),
  ).toEqual({
    'd.method.id': '',
    ...{ 'a.method.id': 'dpo', 'b.method.id': 'ipo', 'b.seed': '4', 'c.method.id': 'step-dpo' },
  });
});

it('adds the first arm with all that it has and a seed of its own, and a method that is not there', () => {
  const arms = armFields({ 'a.method.id': 'dpo', 'a.method.params.beta': '0.5', 'b.seed': '2' });
  const twin = anotherSeed(arms, 1);
  expect(twin).toEqual({ 'method.id': 'dpo', 'method.params.beta': '0.5', seed: '3' });
  expect(anotherSeed(armFields({ 'a.seed': '7' }), 1)['seed']).toBe('8');
  expect(anotherMethod(arms)).toEqual({ 'method.id': 'simpo' });
  expect(anotherMethod(armFields({ 'c.method.id': 'simpo' }))).toEqual({ 'method.id': 'kto' });
});

it('gives an arm the maker of data that it names, at its own settings', () => {
  const base = defaultRun(catalogue[0]!);
  const [, b] = armDocuments(
    base,
    { 'b.method.id': 'ipo', 'b.data.source.id': 'best-and-worst' },
    catalogue,
  ).map((candidate) => parseRun(candidate, catalogue));
  expect(b!.data.source!.id).toBe('best-and-worst');
});
