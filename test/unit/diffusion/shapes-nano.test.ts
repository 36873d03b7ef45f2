import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { denoiserFromFiles } from '../../../src/diffusion/denoiser-model';
import { evaluateDenoiser } from '../../../src/diffusion/measure';
import { initBackend, tf } from '../../../src/tf';
import { tinyDenoiserFiles } from '../../support/tiny-denoiser';

const folder = join(process.cwd(), 'public/models');
const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const index = JSON.parse(new TextDecoder().decode(read('index.json'))) as {
  id: string;
  parameters: number;
  files: { name: string; bytes: number; sha256: string }[];
}[];
const entry = index.find(({ id }) => id === 'shapes-nano')!;
const summary = { id: 'shapes-nano', name: 'Shapes, nano', description: '', parameters: 0, builtIn: true };
const files = () => new Map(entry.files.map(({ name }) => [name, read(`shapes-nano/${name}`)]));

beforeAll(async () => {
  await initBackend('wasm');
});

describe('shapes-nano', () => {
  it('has the files that the index states, small enough to ship', () => {
    for (const { name, bytes, sha256 } of entry.files) {
      const content = read(`shapes-nano/${name}`);
      expect(content.byteLength).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    expect(entry.files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(300_000);
  });

  it('draws most shapes well and two hues in three: room to learn', async () => {
    const { denoiser, weights } = await denoiserFromFiles(summary, files());
    let numbers = 0;
    const tensors = new Map(
      [...weights].map(([name, { data, shape }]) => {
        numbers += data.length;
        return [name, tf.keep(tf.tensor(data, [...shape]))];
      }),
    );
    expect(numbers).toBe(entry.parameters);
    const { scale, config } = denoiser!;
    const net = { config, weights: tensors };
    const { measures } = await evaluateDenoiser(net, 72, scale!, async () => undefined);
    const by = (id: string) => measures!.find((m) => m.id === id)!.value;
    expect(by('recognised')).toBeGreaterThan(0.7);
    expect(by('hue')).toBeGreaterThan(0.5);
    expect(by('hue')).toBeLessThan(0.85);
    expect(Math.abs(by('colour'))).toBeLessThan(0.4); // of its own spread
    tf.dispose([...tensors.values()]);
  });

  it('refuses what only a model of text can do, in words', async () => {
    const model = await denoiserFromFiles(summary, files());
    expect(() => model.tokenizer).toThrow(/draws images and has no tokenizer; choose a model of text/);
    expect(() => model.config).toThrow(/draws images/);
  });
});

describe('the files of a denoiser', () => {
  const without = (name: string) => {
    const given = tinyDenoiserFiles();
    given.delete(name);
    return given;
  };
  it.each([
    ['no weights', without('model.safetensors'), /model.safetensors is missing/],
    ['no config', without('config.json'), /config.json is missing/],
    [
      'weights of another size',
      tinyDenoiserFiles({ hidden_size: 32 }),
      /does not fit config.json: .*instead of/,
    ],
    ['another schedule', tinyDenoiserFiles({ schedule: 'linear' }), /schedule: is "linear"/],
    ['another size of image', tinyDenoiserFiles({ image_size: 28 }), /image_size: is 28/],
    [
      'a scale without a spread',
      tinyDenoiserFiles({ rewards: { brightness: { mean: 0, sd: 0 } } }),
      /rewards.brightness: must have a mean and an sd above 0/,
    ],
  ])('are refused with %s, naming file and field', async (_, given, message) => {
    await expect(denoiserFromFiles(summary, given)).rejects.toThrow(message);
  });
});
