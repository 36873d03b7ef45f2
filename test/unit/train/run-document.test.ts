import { describe, expect, it } from 'vitest';
import { methods as catalogue } from '../../../src/methods/index';
import { defaultParams } from '../../../src/methods/params';
import { firstMistakes } from '../../../src/sources/first-mistakes';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, parseRun, RunDocumentError } from '../../../src/train/run-document';

const methods = catalogue.map(describeMethod);
const good = () => defaultRun(methods.find((m) => m.id === 'dpo')!);
const fieldsOf = (value: unknown): Record<string, string> => {
  try {
    parseRun(value, methods);
  } catch (error) {
    expect(error).toBeInstanceOf(RunDocumentError);
    return Object.fromEntries((error as RunDocumentError).problems.map((p) => [p.field, p.message]));
  }
  throw new Error('the document was taken');
};

/** Documents as the first version of the program wrote them. */
const first = (method: string, params: Record<string, number>, dataset: unknown = null) => {
  const { version: _version, method: _method, data, ...rest } = good();
  const { source: _source, ...old } = data;
  return { version: 1, ...rest, method: { id: method, params }, data: { ...old, dataset } };
};

describe('a document of version 1', () => {
  it('has how its data are made in the source, and yes and no as such', () => {
    const params = { beta: 0.3, samples: 3, continuations: 6, temperature: 0.7, topP: 0.9, goldFallback: 1 };
    const run = parseRun(first('step-dpo', params), methods);
    expect(run.version).toBe(2);
    expect(run.method.params).toEqual({ beta: 0.3 });
    expect(run.data.source).toEqual({
      id: 'first-mistakes',
      params: { samples: 3, continuations: 6, temperature: 0.7, topP: 0.9, goldFallback: true },
    });
    const tgdpo = { beta: 0.1, alpha: 0.5, clamp: 0, samples: 4, temperature: 1, topP: 1 };
    expect(parseRun(first('tgdpo', tgdpo), methods).method.params).toMatchObject({
      beta: 0.1,
      alpha: 0.5,
      clamp: false,
    });
    expect(parseRun(first('sft', {}), methods).data.source).toEqual({ id: 'worked-solutions', params: {} });
  });

  it('gets the defaults of parameters that came later, as any document does', () => {
    const params = { beta: 0.3, samples: 4, temperature: 1, topP: 1 };
    const run = parseRun(first('dpo', params), methods);
    expect(run.method.params).toEqual({ ...good().method.params, beta: 0.3 });
    expect(parseRun({ ...good(), method: { id: 'dpo', params: {} } }, methods)).toEqual(good());
  });

  it('keeps its dataset, which takes the place of a source', () => {
    const params = { beta: 0.1, labelSmoothing: 0, samples: 4, temperature: 1, topP: 1 };
    const run = parseRun(first('dpo', params, { id: 'mine' }), methods);
    expect(run.data.source).toBeNull();
    expect(run.data.dataset?.id).toBe('mine');
    expect(run.method.params).toEqual(good().method.params);
  });

  it('is refused with the field where a value is wrong', () => {
    const params = { beta: 0.1, labelSmoothing: 0, samples: 1, temperature: 1, topP: 1, colour: 3 };
    expect(fieldsOf(first('dpo', params))).toMatchObject({
      'data.source.params.samples': expect.stringContaining('from 2 to 64'),
      'method.params.colour': expect.stringContaining('not a parameter'),
    });
  });
});

describe('the source of a run', () => {
  const withSource = (source: unknown) => ({ ...good(), data: { ...good().data, source } });

  it('may be any that makes what the method eats', () => {
    const source = { id: 'first-mistakes', params: defaultParams(firstMistakes) };
    expect(parseRun(withSource(source), methods).data.source).toEqual(source);
  });

  it('is the method’s own where neither a source nor a dataset is given', () => {
    expect(parseRun(withSource(null), methods)).toEqual(good());
  });

  it('is refused where it makes something else, with those that fit', () => {
    const fields = fieldsOf(withSource({ id: 'worked-solutions', params: {} }));
    expect(fields['data.source.id']).toMatch(/makes nothing that DPO trains on; use one of right-and-wrong/);
  });

  it('understands its parameters under the method’s name, as links and command lines have them', () => {
    const run = { ...good(), method: { id: 'dpo', params: { ...good().method.params, samples: 9 } } };
    expect(parseRun(run, methods).data.source!.params).toMatchObject({ samples: 9 });
  });
});

describe('parseRun', () => {
  it('takes the defaults of every method, through JSON', () => {
    for (const method of methods) {
      const run = defaultRun(method);
      expect(parseRun(JSON.parse(JSON.stringify(run)), methods)).toEqual(run);
    }
  });

  it.each([
    ['an unknown field', { ...good(), colour: 'red' }, 'document', /"colour"/],
    ['a misspelt nested field', { ...good(), data: { ...good().data, tree: 3 } }, 'data', /"tree"/],
    ['steps below 1', { ...good(), steps: 0 }, 'steps', /at least 1/],
    ['a fraction of a step', { ...good(), steps: 1.5 }, 'steps', /whole number/],
    [
      'an unknown schedule',
      { ...good(), schedule: { kind: 'cyclic', warmup: 0 } },
      'schedule.kind',
      /cosine/,
    ],
    [
      'a learning rate in words',
      { ...good(), optimizer: { ...good().optimizer, learningRate: 'high' } },
      'optimizer.learningRate',
      /number/,
    ],
    [
      'NaN',
      { ...good(), optimizer: { ...good().optimizer, maxGradNorm: Number.NaN } },
      'optimizer.maxGradNorm',
      /number/,
    ],
    ['an unknown method', { ...good(), method: { id: 'ppo', params: {} } }, 'method.id', /step-dpo/],
    [
      'a parameter of another method',
      { ...good(), method: { id: 'dpo', params: { ...good().method.params, gamma: 1 } } },
      'method.params.gamma',
      /not a parameter/,
    ],
    [
      'a parameter out of range',
      { ...good(), method: { id: 'dpo', params: { ...good().method.params, beta: -1 } } },
      'method.params.beta',
      /from/,
    ],
    ['an older version', { ...good(), version: 0 }, 'version', /reads versions 1 and 2/],
    ['a newer version', { ...good(), version: 3 }, 'version', /reads versions 1 and 2/],
    ['a missing section', { ...good(), optimizer: undefined }, 'optimizer', /is missing.*object/],
    ['a list', [], 'document', /object/],
    ['null', null, 'document', /object/],
  ])('refuses %s and names the field', (_name, value, field, message) => {
    const fields = fieldsOf(value);
    expect(Object.keys(fields)).toContain(field);
    expect(fields[field]).toMatch(message);
  });

  it('names every wrong field at once', () => {
    expect(Object.keys(fieldsOf({ ...good(), steps: 0, batchSize: -1, seed: 'x' })).sort()).toEqual([
      'batchSize',
      'seed',
      'steps',
    ]);
  });
});
