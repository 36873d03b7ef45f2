import type { LossCase } from '../../src/train/loss-case/case';
import { LossCaseError } from '../../src/train/loss-case/case';
import type { LossResult } from '../../src/train/loss-case/compute-loss';

/** One pair, for any method. */
export const fakeCase = (method: string): LossCase => ({
  method,
  params: {},
  prompts: [
    {
      responses: [
        { steps: [{ policy: [-0.4, -1.2, -0.1], reference: [-0.5, -1, -0.2] }], score: 1 },
        {
          steps: [
            { policy: [-0.9], reference: [-0.3] },
            { policy: [-0.2, -2], reference: [-0.1, -1.5] },
          ],
        },
      ],
      comparisons: [{ chosen: 0, rejected: 1 }],
    },
  ],
});

/** Derivatives that tell the tokens apart: negative on the first answer, positive on the others, larger from token to token. */
export const fakeLoss = (value: unknown): LossResult => {
  const given = value as LossCase;
  if (!Array.isArray(given?.prompts))
    throw new LossCaseError(['prompts: should be a array', 'method: should be a string']);
  given.prompts.forEach(({ responses }, p) => {
    responses.forEach(({ steps }, r) => {
      steps.forEach((step, s) => {
        if (!step.reference)
          throw new LossCaseError([
            `prompt ${p}, response ${r}, step ${s}: has no reference, and DPO reads it`,
          ]);
      });
    });
  });
  return {
    loss: 0.5,
    gradient: given.prompts.map(({ responses }) =>
      responses.map(({ steps }, r) =>
        steps.map(({ policy }) => ({ policy: policy.map((_, t) => (r === 0 ? -0.1 : 0.1) * (t + 1)) })),
      ),
    ),
    metrics: { loss: 0.5, 'rewards/margins': 0.25 },
  };
};
