import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import { describeMethod } from '../../../src/train/method-info';
import { presetIn, withPreset } from '../../../src/train/presets';
import { defaultRun, parseRun, type RunDocument } from '../../../src/train/run-document';
import { withMethod } from '../../../src/ui/setup/with-method';

const all = methods.map(describeMethod);
const info = (id: string) => all.find((m) => m.id === id)!;
const run = (id: string, change: (run: RunDocument) => RunDocument = (r) => r) =>
  change(defaultRun(info(id)));
const chosen = (document: RunDocument, id: string) =>
  withMethod(document, info(document.method.id), info(id));

describe('choosing another method', () => {
  it.each(all.flatMap((from) => [['dpo'], ['sft'], ['oreo']].map(([to]) => [from.id, to!] as const)))(
    'gives its defaults where nothing was changed: %s to %s',
    (from, to) => {
      const document = chosen(run(from), to);
      expect(document).toEqual(defaultRun(info(to)));
      parseRun(document, all);
    },
  );

  it('keeps changed parameters that the other has too, and drops what it lacks or forbids', () => {
    const changed = run('tgdpo', (r) => ({
      ...r,
      method: { id: 'tgdpo', params: { ...r.method.params, beta: 0.33, alpha: 4 } },
    }));
    expect(chosen(changed, 'dpo').method.params).toEqual({
      ...defaultRun(info('dpo')).method.params,
      beta: 0.33,
    });
    // ILR-DPO's alpha ends at 1.
    expect(chosen(changed, 'ilr-dpo').method.params).toEqual({
      ...defaultRun(info('ilr-dpo')).method.params,
      beta: 0.33,
    });
  });

  it('keeps a batch, a learning rate and everything else that somebody set', () => {
    const changed = run('dpo', (r) => ({
      ...r,
      batchSize: 3,
      steps: 7,
      optimizer: { ...r.optimizer, learningRate: 0.002, weightDecay: 0.1 },
    }));
    const next = chosen(changed, 'sft');
    expect(next).toMatchObject({
      batchSize: 3,
      steps: 7,
      optimizer: { learningRate: 0.002, weightDecay: 0.1 },
    });
    expect(next.data.source?.id).toBe(info('sft').sources[0]!.id);
  });

  it('keeps a chosen source and its parameters where the other method can train on it', () => {
    const other = info('dpo').sources.find(
      ({ id, params }) => id !== info('dpo').sources[0]!.id && Object.keys(params).length > 0,
    )!;
    const [key, spec] = Object.entries(other.params).find(([, s]) => s.kind === 'number')!;
    const value = spec.kind === 'number' ? spec.max : 0;
    const params = {
      ...Object.fromEntries(Object.entries(other.params).map(([k, s]) => [k, s.default])),
      [key]: value,
    };
    const changed = run('dpo', (r) => ({ ...r, data: { ...r.data, source: { id: other.id, params } } }));
    const next = chosen(changed, 'ipo');
    expect(next.data.source).toEqual({ id: other.id, params });
    parseRun(next, all);
    const elsewhere = chosen(changed, 'sft');
    expect(elsewhere.data.source?.id).toBe(info('sft').sources[0]!.id);
  });
});

describe('a model that draws and was brought', () => {
  const mine = (id: string) => run(id, (r) => ({ ...r, model: 'file:mine' }));

  it('stays under another method on images, with its defaults, and makes room for one of text', () => {
    expect(chosen(mine('ddpm'), 'spo')).toEqual(mine('spo'));
    expect(chosen(mine('spo'), 'dpo')).toEqual(run('dpo'));
  });

  it('stays under the presets of its world', () => {
    const method = info('diffusion-dpo');
    const preset = method.presets.find(({ id }) => id === 'break-brightness')!;
    const set = withPreset(mine('diffusion-dpo'), method, preset);
    expect(set).toEqual({ ...withPreset(run('diffusion-dpo'), method, preset), model: 'file:mine' });
    expect(presetIn(set, method)?.id).toBe('break-brightness');
  });
});
