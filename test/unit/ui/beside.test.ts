import { expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, parseRun } from '../../../src/train/run-document';
import { armDocuments } from '../../../src/ui/compare/arms';
import { documentOfFields } from '../../../src/ui/document-of-fields';
import { besideOf } from '../../../src/ui/methods/beside';
import { readFields } from '../../../src/ui/run-url';

const catalogue = methods.map(describeMethod);
const usual = defaultRun(catalogue.find(({ id }) => id === 'dpo')!);

it('puts every method beside the one that its family begins with, in a world of both', () => {
  for (const info of catalogue) {
    const beside = besideOf(info, usual, catalogue);
    if (!beside) {
      expect(['dpo', 'diffusion-dpo', 'ddpm']).toContain(info.id);
      continue;
    }
    const base = Object.keys(beside.run).length
      ? parseRun(documentOfFields(readFields(Object.entries(beside.run)), catalogue, catalogue[0]), catalogue)
      : usual;
    const [a, b] = armDocuments(base, beside.own, catalogue).map((arm) => parseRun(arm, catalogue));
    expect(a!.method.id, info.id).toBe(beside.root);
    expect(b!.method.id).toBe(info.id);
    expect([a!.model, a!.data.task], info.id).toEqual([b!.model, b!.data.task]);
  }
});

it('keeps what was chosen, and goes to the world of a method that does not train in the chosen one', () => {
  const of = (id: string, document = usual) =>
    besideOf(catalogue.find((info) => info.id === id)!, document, catalogue)!;
  expect(of('ipo').run).toEqual({});
  const own = { ...usual, seed: 5, backend: 'wasm' as const };
  expect(of('spo', own)).toMatchObject({
    root: 'diffusion-dpo',
    run: { 'method.id': 'spo', seed: '5', backend: 'wasm' },
  });
});
