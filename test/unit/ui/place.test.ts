import { describe, expect, it } from 'vitest';
import { hashOfPlace, partHash, topPlace } from '../../../src/ui/place';
import { routes } from '../../../src/ui/routes';
import { hidden, lockedChange } from '../../../src/ui/view-wishes';

describe('an address', () => {
  it('without a slash is the first page’s, with or without a section', () => {
    expect(partHash('#method.id=dpo&steps=30').place).toEqual(topPlace);
    expect(partHash('#method.id=dpo&steps=30').document).toEqual([
      ['method.id', 'dpo'],
      ['steps', '30'],
    ]);
    expect(partHash('#loss').place.at).toBe('loss');
    expect(partHash('#at=credit&steps=3&start=1')).toMatchObject({
      place: { path: [], at: 'credit' },
      start: true,
      document: [['steps', '3']],
    });
    expect(partHash('')).toMatchObject({ place: topPlace, start: false, document: [] });
  });

  it('with a slash names a page, what is below it, and keeps the document’s fields apart from the reader’s', () => {
    const { place, view, document, start } = partHash(
      '#/about/so%20on?steps=4&view.hide=nav,dock&view.lock=steps&start=0',
    );
    expect(place).toEqual({ path: ['about', 'so on'], at: '', own: {} });
    expect(view).toEqual({ hide: 'nav,dock', lock: 'steps' });
    expect(document).toEqual([['steps', '4']]);
    expect(start).toBe(false);
    expect(partHash('#/?steps=4').place).toEqual(topPlace);
    expect(partHash('#/%E0%A4%A').place.path).toEqual(['%E0%A4%A']);
    expect(partHash('#run={"a?b":1}').document).toEqual([['run', '{"a?b":1}']]);
  });

  it('comes back as it was written', () => {
    const place = { path: ['about'], at: '', own: {} };
    const hash = hashOfPlace(place, { hide: 'nav,dock', pair: '' }, 'steps=4&method.id=a%26b');
    expect(hash).toBe('#/about?view.hide=nav,dock&steps=4&method.id=a%26b');
    expect(partHash(hash)).toMatchObject({
      place,
      view: { hide: 'nav,dock' },
      document: [
        ['steps', '4'],
        ['method.id', 'a&b'],
      ],
    });
    expect(hashOfPlace(topPlace, {}, '')).toBe('');
    expect(hashOfPlace({ ...topPlace, at: 'credit' }, {}, 'steps=4')).toBe('#at=credit&steps=4');
  });

  it('has every page once', () => {
    expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length);
  });
});

describe('what a reader asks for', () => {
  it('hides what is known, and finds the locked field that was changed', () => {
    expect(hidden({ hide: 'nav,everything,dock' })).toEqual(['nav', 'dock']);
    const before = { steps: 3, optimizer: { learningRate: 0.1 } };
    const after = { steps: 4, optimizer: { learningRate: 0.2 } };
    expect(lockedChange({ lock: 'optimizer.learningRate' }, before, after)).toBe('optimizer.learningRate');
    expect(lockedChange({ lock: 'seed,data.trees' }, before, after)).toBeUndefined();
    expect(lockedChange({}, before, after)).toBeUndefined();
  });
});
