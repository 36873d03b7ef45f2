import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { RunDocument } from '../../src/train/run-document';
import { train } from '../support/terminal';
import { expectPhase, field, openPage, tinyRun } from './marginalia-page';

test.use({ viewport: { width: 1280, height: 900 } });

const own = { ...tinyRun, 'method.id': 'robust-dpo', steps: 1, 'evaluation.problems': 0 };
const noise = { 'noisy-labels': { noiseKind: 'flip', flipped: 0.3 } };

test('a preset and a wrapper come from the address, the form and the terminal as the same run', async ({
  page,
}) => {
  await openPage(page, { ...own, preset: 'flipped' });
  const present = () => page.evaluate(() => window.marginalia.run.document as RunDocument);
  expect(await present()).toMatchObject({
    method: { params: { labelSmoothing: 0.3 } },
    data: { wrappers: noise },
    steps: 1,
  });
  const box = page.getByTestId('wrapper-noisy-labels');
  await expect(box).toBeChecked();

  // By hand: nothing is changed in the data, then the share is another one; the address says so.
  await box.uncheck();
  expect((await present()).data.wrappers).toEqual({});
  await box.check();
  await field(page, 'data.wrappers.noisy-labels.flipped').fill('0.3');
  await field(page, 'data.wrappers.noisy-labels.flipped').blur();
  await expect.poll(() => new URL(page.url()).hash).toContain('data.wrappers.noisy-labels');
  const document = await present();
  expect(document).toMatchObject({ data: { wrappers: noise } });
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const metrics = await page.evaluate(() =>
    window.marginalia.events.flatMap((event) => (event.kind === 'metrics' ? [event.metrics] : [])),
  );

  const folder = mkdtempSync(join(tmpdir(), 'marginalia-presets-'));
  try {
    const json = join(folder, 'out.json');
    const { code, stderr } = await train([
      ...[
        '--method',
        'robust-dpo',
        '--preset',
        'flipped',
        '--wrap',
        'noisy-labels',
        '--param',
        'flipped=0.3',
      ],
      ...['--trees', '8', '--max-tokens', '64', '--batch-size', '4', '--steps', '1', '--seed', '3'],
      ...['--eval-problems', '0', '--backend', 'wasm', '--json', json],
    ]);
    expect(code, stderr).toBe(0);
    const report = JSON.parse(readFileSync(json, 'utf8'));
    expect(report.document.method).toEqual(document.method);
    expect(report.document.data).toEqual(document.data);
    expect(report.metrics[0].loss).toBe(metrics[0]!['loss']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
