import { expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, parseRun, type RunDocument } from '../../../src/train/run-document';
import { armDocuments, armFields } from '../../../src/ui/compare/arms';
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
