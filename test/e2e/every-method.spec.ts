import { expect, test } from '@playwright/test';

test('every method trains the model of its own world, in one session', async ({ page }) => {
  test.setTimeout(400_000);
  await page.goto('examples/embed/');
  const outcomes = await page.evaluate(async () => {
    const address: string = '/dist/lib/marginalia.js';
    const { createTrainer, defaultRun } = (await import(address)) as typeof import('../../src/index');
    const trainer = await createTrainer({ backend: 'wasm' });
    const rows = [];
    for (const method of await trainer.methods()) {
      const run = defaultRun(method);
      const { rounds } = run.method.params;
      const params = {
        ...run.method.params,
        ...(typeof rounds === 'number' && { rounds: Math.min(rounds, 2) }),
      };
      const begun = performance.now();
      const status = await trainer.create({
        ...run,
        method: { ...run.method, params },
        data: { ...run.data, trees: 4 },
        steps: 4,
        batchSize: 2,
        evaluation: { every: 0, problems: 0 },
        checkpointEvery: 0,
      });
      const metrics: Record<string, number>[] = [];
      const off = trainer.on('metrics', (event) => metrics.push(event.metrics));
      const sizes: string[] = [];
      let now = status;
      while (now.phase !== 'finished' && now.phase !== 'failed') {
        now = await trainer.stepOnce();
        const { tensors, bytes, gpuBytes } = await trainer.memory();
        // At the end of a pass the next one's weights are there already.
        if (now.step > 1 && now.step < 4) sizes.push([now.stage.id, tensors, bytes, gpuBytes].join(' '));
      }
      off();
      const seconds = (performance.now() - begun) / 1000;
      rows.push({ id: method.id, phase: now.phase, message: now.message, metrics, sizes, seconds });
    }
    await trainer.dispose();
    return rows;
  });
  expect(outcomes.length).toBeGreaterThan(30);
  const slowest = [...outcomes].sort((a, b) => b.seconds - a.seconds).slice(0, 8);
  console.log(`slowest: ${slowest.map(({ id, seconds }) => `${id} ${seconds.toFixed(1)} s`).join(', ')}`);
  for (const { id, phase, message, metrics, sizes } of outcomes) {
    expect(phase, `${id}: ${message}`).toBe('finished');
    expect(metrics.length, id).toBeGreaterThanOrEqual(3); // three passes of equal shares have a step each
    for (const row of metrics) {
      for (const [name, value] of Object.entries(row))
        expect(Number.isFinite(value), `${id}: ${name}`).toBe(true);
    }
    const stages = new Set(sizes.map((size) => size.split(' ')[0]));
    expect(new Set(sizes).size, `${id}: ${sizes.join(', ')}`).toBe(stages.size);
  }
});
