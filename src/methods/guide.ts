/** A first pass that gives a later one something to go by: Pre-DPO's reference, TGDPO's token rewards. */
import type { Objective } from './objective';
import { logistic } from './pairwise/dpo';
import { simple } from './pairwise/simpo';
import { choice, number } from './params';

export const guideParams = {
  guide: choice({
    label: 'guide',
    help: 'How the first pass is trained.',
    options: { dpo: 'by DPO, with the same beta', simpo: 'by SimPO' },
    default: 'dpo',
    from: 'paper',
  }),
  simpoBeta: number({
    label: 'beta of SimPO',
    help: 'Of a guide by SimPO: scale of its reward.',
    min: 0.001,
    max: 20,
    scale: 'log',
    default: 2.5,
    from: 'code',
  }),
  gammaRatio: number({
    label: 'gamma / beta of SimPO',
    help: 'Of a guide by SimPO: the margin to be reached, as a share of its beta.',
    min: 0,
    max: 2,
    default: 0.4,
    from: 'code',
  }),
};

interface GuideParams {
  beta: number;
  guide: 'dpo' | 'simpo';
  simpoBeta: number;
  gammaRatio: number;
}

/** What the guide is called, and its loss. */
export const guideObjective = ({
  beta,
  guide,
  simpoBeta,
  gammaRatio,
}: GuideParams): { label: string; objective: Objective } => {
  if (guide === 'dpo') return { label: 'Guide (DPO)', objective: logistic({ beta }) };
  return {
    label: 'Guide (SimPO)',
    objective: simple({ beta: simpoBeta, gammaRatio, labelSmoothing: 0, sftWeight: 0 }),
  };
};
