import { expect, it } from 'vitest';
import { formatIds } from '../../../src/data/settings';
import { methods } from '../../../src/methods/index';
import { areImages } from '../../../src/methods/method';
import { describeMethod } from '../../../src/train/method-info';
import { fits, haveOfFile, haves, unknownWishes, wants } from '../../../src/ui/methods/finder';

const infos = methods.map(describeMethod);
const found = (wish: Parameters<typeof fits>[1]) => infos.filter((info) => fits(info, wish));
const ids = (wish: Parameters<typeof fits>[1]) => found(wish).map(({ id }) => id);

it('finds some methods, and not all, for everything that one may have or want', () => {
  for (const have of Object.keys(haves)) {
    expect(found({ have }).length, have).toBeGreaterThan(0);
    expect(found({ have }).length, have).toBeLessThan(infos.length);
  }
  for (const want of Object.keys(wants)) expect(found({ want }).length, want).toBeGreaterThan(1);
});

it('keeps pictures and texts apart, and offers clicks what they can teach', () => {
  expect(found({ have: 'pictures' }).every(({ eats }) => areImages(eats))).toBe(true);
  expect(found({ have: 'verifier' }).some(({ eats }) => areImages(eats))).toBe(false);
  expect(ids({ have: 'clicks' })).toEqual(expect.arrayContaining(['dpo', 'kto', 'diffusion-dpo']));
  expect(ids({ have: 'clicks' })).not.toContain('step-dpo');
});

it('searches all words in names, summaries, papers and clauses', () => {
  expect(ids({ q: '2405.14734' })).toEqual(['simpo']);
  expect(ids({ q: 'SIMPO  xyz' })).toEqual([]);
  expect(ids({ have: 'pairs', want: 'length' })).toContain('simpo');
});

it('knows of every format what its reader has, and names wishes that there are not', () => {
  for (const format of formatIds) expect(haves, format).toHaveProperty(haveOfFile(format));
  expect(haveOfFile(undefined)).toBe('');
  expect(unknownWishes({ have: 'any', want: '' })).toEqual([]);
  expect(unknownWishes({ have: 'toString', want: 'x' })).toHaveLength(2);
  expect(found({ have: 'toString' })).toHaveLength(infos.length);
});
