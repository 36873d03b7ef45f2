import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { defaultRun, parseRun, RunDocumentError } from '../../../src/train/run-document';

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
      'a missing parameter',
      { ...good(), method: { id: 'dpo', params: {} } },
      'method.params.beta',
      /default is 0.1/,
    ],
    [
      'a parameter out of range',
      { ...good(), method: { id: 'dpo', params: { ...good().method.params, beta: -1 } } },
      'method.params.beta',
      /from/,
    ],
    ['an older version', { ...good(), version: 0 }, 'version', /reads version 1/],
    ['a newer version', { ...good(), version: 2 }, 'version', /reads version 1/],
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
