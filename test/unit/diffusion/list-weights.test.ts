import { beforeAll, expect, it } from 'vitest';
import { listWeights } from '../../../src/methods/list-weights';
import { initBackend } from '../../../src/tf';
import { computeLatentLoss } from '../../../src/train/loss-case/latent-case';

beforeAll(() => initBackend('cpu'));

it('shows the weights that RankDPO’s loss has, ties and both orders included', async () => {
  // Three rewards of four images: their votes are 8/9, 4/9, 4/9 and 1/9.
  const rewards = [
    [3, 1, 2, 0],
    [3, 2, 1, 0],
    [2, 1, 0, 1.5],
  ];
  const phi = rewards[0]!.map((_, a) => {
    const won = rewards.flatMap((own) => own.filter((other) => own[a]! > other)).length;
    return won / 9;
  });
  for (const weights of ['rank', 'gain', 'none'] as const) {
    for (const tauFrom of ['labels', 'model'] as const) {
      const scores = [0.2, -0.1, 0.5, 0.1];
      const table = listWeights(phi, tauFrom === 'model' ? scores : phi, weights);
      const { metrics } = await computeLatentLoss({
        method: 'rankdpo',
        params: { weights, tauFrom },
        input: { policy: [scores.map((s) => 1 - s)], reference: [[1, 1, 1, 1]], rewards: [rewards] },
      });
      const positive = table.flat().filter((w) => w > 0);
      const mean = positive.reduce((a, b) => a + b, 0) / positive.length;
      expect(mean, `${weights}, ${tauFrom}`).toBeCloseTo(metrics['weights/mean']!, 5);
    }
  }
});
