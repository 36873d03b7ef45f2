import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { givenChoices, givenModel } from '../../scripts/terminal/given.mjs';
import { checkOptions } from '../../scripts/terminal/options.mjs';
import { filesOfChoices } from '../../src/diffusion/choices';
import { readChoices } from '../../src/diffusion/read-choices';
import { bring } from '../../src/headless-bring';
import { applyBrought, checkIds, documentFrom } from '../../src/headless-document';
import type { Trainer } from '../../src/index';
import { methods } from '../../src/methods/index';
import { describeMethod } from '../../src/train/method-info';
import { createRng } from '../../src/util/rng';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-choices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const catalogue = methods.map(describeMethod);
const rng = createRng(8);
const bytes = () => Uint8Array.from({ length: 432 }, () => rng.int(256));
const files = filesOfChoices(
  Array.from({ length: 11 }, (_, condition) => ({ condition, chosen: bytes(), rejected: bytes() })),
);
mkdirSync(join(folder, 'mine/pairs'), { recursive: true });
for (const [name, data] of files) writeFileSync(join(folder, 'mine', name), data);
writeFileSync(join(folder, 'mine/readme.txt'), 'not an image');

const shared: string[] = [];
const share = (path: string) => `http://here/${shared.push(path) - 1}`;

it('takes a folder of choices, or the file of lines in it, or a zip', () => {
  const all = givenChoices({ choices: join(folder, 'mine') }, share)!.files;
  expect(all).toHaveLength(23);
  expect(all.map(({ name }) => name)).toContain('mine/pairs/0011-2.png');
  const read = all.map(
    ({ name, address }) => [name, readFileSync(shared[Number(address.slice(12))]!)] as const,
  );
  expect(readChoices(new Map(read))).toHaveLength(11);
  writeFileSync(join(folder, 'mine/other.jsonl'), '');
  const lines = givenChoices({ choices: join(folder, 'mine/pairs.jsonl') }, share)!.files;
  expect(lines.map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort());
  writeFileSync(join(folder, 'c.zip'), '');
  expect(givenChoices({ choices: join(folder, 'c.zip') }, share)!.files).toHaveLength(1);
  expect(() => givenChoices({ choices: join(folder, 'none.zip') }, share)).toThrow('--choices: there is no');
  expect(() => givenChoices({ choices: join(folder, 'mine/readme.txt') }, share)).toThrow('neither a zip');
  mkdirSync(join(folder, 'empty'));
  expect(() => givenChoices({ choices: join(folder, 'empty') }, share)).toThrow('holds no pairs.jsonl');
  const others = { choices: 'x', method: 'diffusion-dpo' };
  expect(() => checkOptions({ ...others, source: 'pool-pairs' }, undefined)).toThrow('--source: --choices');
  expect(() => checkOptions({ ...others, data: ['rows.jsonl'] }, undefined)).toThrow('leave out --data');
  expect(() => checkOptions({ ...others, source: 'own-choices' }, undefined)).not.toThrow();
});

it('puts them into the document, as many as there are', async () => {
  const kept = { id: 'choices-abc', pairs: 11 };
  const trainer = {
    addChoices: async (given: { name: string }[]) => {
      if (given.length === 1) throw new Error('c.zip: cannot be unpacked: invalid zip data');
      return kept;
    },
    models: async () => [{ id: 'shapes-nano' }],
  } as unknown as Trainer;
  const input = {
    method: 'diffusion-dpo',
    set: [{ path: ['data', 'source'], value: { id: 'own-choices' } }],
    bring: { choices: { files: [] } },
  };
  const draft = documentFrom(catalogue, input);
  const document = applyBrought(catalogue, draft, { choices: kept }, input);
  expect(document).toMatchObject({
    batchSize: 11,
    data: { trees: 11, source: { id: 'own-choices', params: { set: 'choices-abc' } } },
  });
  await checkIds(trainer, document);
  const fewer = {
    ...input,
    set: [
      { path: ['data', 'trees'], value: 10 },
      { path: ['batchSize'], value: 4 },
    ],
  };
  expect(applyBrought(catalogue, documentFrom(catalogue, fewer), { choices: kept }, fewer)).toMatchObject({
    batchSize: 4,
    data: { trees: 10 },
  });
  const without = documentFrom(catalogue, { ...input, bring: {} });
  await expect(checkIds(trainer, without)).rejects.toMatchObject({
    problems: [{ field: 'data.source', message: expect.stringContaining('--choices FILE') }],
  });
  expect(() => documentFrom(catalogue, { ...input, method: 'tailorpo', set: [] })).toThrow(
    '--choices: TailorPO does not train on pairs of images; use diffusion-dpo or smpo.',
  );
  const broken = { files: [{ name: 'c.zip', address: 'data:,x' }] };
  await expect(bring(trainer, { choices: broken }, 'shapes-nano')).rejects.toThrow(
    '--choices: c.zip: cannot',
  );
});

it('knows a base that draws by its config.json', () => {
  mkdirSync(join(folder, 'base'));
  writeFileSync(join(folder, 'base/config.json'), JSON.stringify({ model_type: 'marginalia-denoiser' }));
  expect(givenModel({ model: join(folder, 'base') }, share)).toMatchObject({ draws: true });
  writeFileSync(join(folder, 'base/config.json'), '{');
  expect(givenModel({ model: join(folder, 'base') }, share)).toMatchObject({ draws: false });
});
