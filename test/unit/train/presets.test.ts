import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import { describeMethod } from '../../../src/train/method-info';
import { presetIn, withPreset } from '../../../src/train/presets';
import { defaultRun, parseRun, type RunDocument } from '../../../src/train/run-document';

const infos = methods.map(describeMethod);
const info = (id: string) => infos.find((m) => m.id === id)!;
const preset = (method: string, id: string) => info(method).presets.find((p) => p.id === id)!;
const all = infos.flatMap((m) => m.presets.map((p) => [m.id, p.id, m, p] as const));

describe('presets', () => {
  it.each(all)(
    '%s, %s: a document that can be used, and that is known by its settings',
    (_m, _p, method, p) => {
      const document = withPreset(defaultRun(method), method, p);
      expect(parseRun(structuredClone(document), infos)).toEqual(document);
      // Of two with the same settings the first is named.
      const known = presetIn(document, method)!;
      expect(withPreset(document, method, known)).toEqual(document);
      expect(p.summary.length, 'says what it sets').toBeGreaterThan(5);
    },
  );

  it('name only what their methods have', () => {
    for (const { id, presets, sources, wrappers, params } of infos) {
      expect(new Set(presets.map((p) => p.id)).size, id).toBe(presets.length);
      for (const p of presets) {
        const source = p.source && sources.find((s) => s.id === p.source!.id);
        if (p.source)
          expect(Object.keys(source!.params)).toEqual(
            expect.arrayContaining(Object.keys(p.source.params ?? {})),
          );
        for (const [name, own] of Object.entries(p.wrappers ?? {})) {
          const wrapper = wrappers.find((w) => w.id === name);
          expect(Object.keys(wrapper!.params), `${id}, ${p.id}`).toEqual(
            expect.arrayContaining(Object.keys(own)),
          );
        }
        expect(Object.keys(params)).toEqual(expect.arrayContaining(Object.keys(p.params ?? {})));
      }
    }
  });

  it('of the paper take every setting that there is a field for, and name the others', () => {
    const dpo = withPreset(defaultRun(info('dpo')), info('dpo'), preset('dpo', 'paper'));
    expect(dpo.optimizer.learningRate).toBe(1e-6);
    expect(dpo.batchSize * dpo.accumulate).toBe(64);
    expect(preset('dpo', 'paper').summary).toMatch(/Not set here: optimizer RMSprop, warmup steps 150/);
    const step = withPreset(defaultRun(info('step-dpo')), info('step-dpo'), preset('step-dpo', 'paper'));
    expect([step.batchSize, step.accumulate]).toEqual([32, 4]);
    const rounds = withPreset(
      defaultRun(info('iterative-rpo')),
      info('iterative-rpo'),
      preset('iterative-rpo', 'paper'),
    );
    expect(rounds.data.source!.params['temperature']).toBe(0.8); // the source's, not the method's
    for (const { id, presets, defaults } of infos) {
      const paper = presets.find((p) => p.id === 'paper');
      expect(paper === undefined, id).toBe(Object.keys(defaults.paper).length === 0);
    }
  });

  it('leave a run of one’s own what is one’s own', () => {
    const method = info('dpo');
    const own: RunDocument = {
      ...defaultRun(method, 'mine'),
      seed: 7,
      evaluation: { every: 3, problems: 11 },
      steps: 99,
    };
    const dataset = { id: 'file', settings: {} as NonNullable<RunDocument['data']['dataset']>['settings'] };
    const onFile = { ...own, data: { ...own.data, source: null, dataset } };
    const set = withPreset(onFile, method, preset('dpo', 'flipped'));
    expect(set.data).toMatchObject({ source: null, wrappers: {}, dataset });
    expect(set).toMatchObject({ model: 'mine', seed: 7, evaluation: own.evaluation, steps: 30 });
    expect(withPreset(own, method, preset('dpo', 'flipped')).data.wrappers).toEqual({
      'noisy-labels': { noiseKind: 'flip', flipped: 0.3, judgeScale: 4 },
    });
    expect(presetIn({ ...own, steps: 31 }, method)).toBeUndefined();
    expect(presetIn(defaultRun(method), method)!.id).toBe('ours');
  });
});
