import { expect, it } from 'vitest';
import { wishedFirst, wishedMeasure } from '../../../src/ui/credit/wished-measure';
import { lookedAt } from '../../../src/ui/looked-at';

const there = { pairs: 4, kept: [5, 10], now: 12 };

it('takes pair and step of an address where there are such, and says what there is where not', () => {
  expect(lookedAt({}, there)).toEqual({ pair: 0, step: undefined, unmet: [] });
  expect(lookedAt({ pair: '4', step: '10' }, there)).toEqual({ pair: 3, step: 10, unmet: [] });
  expect(lookedAt({ step: '12' }, there)).toEqual({ pair: 0, step: undefined, unmet: [] });
  for (const pair of ['0', '5', '-1', '1.5', 'x'])
    expect(lookedAt({ pair }, there)).toMatchObject({
      pair: 0,
      unmet: [`pair=${pair}: there are pairs 1 to 4`],
    });
  expect(lookedAt({ step: '7' }, there).unmet[0]).toContain('steps 5, 10');
  expect(lookedAt({ step: '7' }, { ...there, kept: [] }).unmet[0]).toContain('no weights');
});

it('names a field as the address has it', () => {
  expect(lookedAt({ pair: '9', step: '7' }, there, 'view.').unmet.map((text) => text.split(':')[0])).toEqual([
    'view.pair=9',
    'view.step=7',
  ]);
});

it('takes a measure of tokens for the tokens and a curve for the curves, and names what is neither', () => {
  const figures = [{ id: 'accuracy' }, { id: 'loss' }, { id: 'rewards' }];
  const ids = (measure: string) => wishedFirst({ measure }, figures).figures.map(({ id }) => id);
  expect(wishedMeasure({ measure: 'net' }, ['reward', 'push', 'net'])).toEqual({ measure: 'net', unmet: [] });
  expect(wishedMeasure({ measure: 'weight' }, ['reward', 'push'])).toEqual({
    measure: undefined,
    unmet: ['view.measure=weight: this pair has reward, push'],
  });
  expect(wishedMeasure({ measure: 'loss' }, ['reward'])).toEqual({ measure: undefined, unmet: [] });
  expect(ids('rewards')).toEqual(['rewards', 'accuracy', 'loss']);
  expect(ids('net')).toEqual(['accuracy', 'loss', 'rewards']);
  expect(wishedFirst({ measure: 'net' }, figures).unmet).toEqual([]);
  for (const measure of ['lost', 'toString']) {
    expect(ids(measure)).toEqual(['accuracy', 'loss', 'rewards']);
    expect(wishedFirst({ measure }, figures).unmet[0]).toContain(
      'accuracy, loss, rewards; tokens have reward',
    );
  }
});
