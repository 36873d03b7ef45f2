import type { CreditView } from '../../../workers/protocol';
import type { PlanePath } from '../live/loss-plane';
import type { ProbePoint } from '../state';

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** The way that a pair of the run has gone over the plane, in nats since the reference, where it is one of those watched. */
export const pathOfPair = (
  probes: readonly ProbePoint[],
  tree: number,
  { responses }: CreditView,
): PlanePath | undefined => {
  const reference = (role: string) =>
    total(
      (responses.find((response) => response.role === role)?.tokens ?? [])
        .filter(({ step }) => step >= 0)
        .map(({ referenceLogProb }) => referenceLogProb),
    );
  const [chosen, rejected] = [reference('chosen'), reference('rejected')];
  const last = probes.at(-1)?.probe.stage;
  const points = probes.flatMap(({ x, probe }) => {
    const pair = probe.pairs.find((own) => own.tree === tree && !own.heldOut);
    if (!pair || probe.stage !== last) return [];
    return [
      {
        step: x,
        chosen: total(pair.chosen.logProb) - chosen,
        rejected: total(pair.rejected.logProb) - rejected,
      },
    ];
  });
  return points.length > 1 ? { label: 'the run', color: '--rubric', points } : undefined;
};
