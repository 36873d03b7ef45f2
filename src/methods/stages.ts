/** ORPO's and ASFT's settings, their one stage, and the two that Gorbatovski et al. 2025 compare it with. */
import { chosenLikelihood } from './chosen-cross-entropy';
import type { Objective } from './objective';
import { beta } from './pairwise/dpo';
import type { Values } from './params';
import { choice, number } from './params';
import type { Pass } from './pass';
import type { Preset } from './preset';

export const oddsParams = {
  beta: {
    ...beta,
    help: 'Scale of the log-odds; there is no reference to hold to.',
    default: 1,
    from: 'paper' as const,
  },
  lambda: number({
    label: 'lambda',
    help: 'Weight of the odds term.',
    min: 0,
    max: 10,
    default: 1,
    from: 'paper',
  }),
  sftWeight: number({
    label: 'SFT weight',
    help: 'Weight of the likelihood of the chosen answer; of one stage alone.',
    min: 0,
    max: 10,
    default: 1,
    from: 'paper',
  }),
  stages: choice({
    label: 'stages',
    help: 'One, with the likelihood in the same loss; or SFT on the chosen answers first and the odds term alone after it, half of the steps each.',
    options: { one: 'one', two: 'two, SFT first' },
    default: 'one',
    from: 'paper',
  }),
};

export const twoStages: Preset = {
  id: 'two-stage',
  name: 'Two stages',
  summary: 'SFT on the chosen answers first, then the odds term alone with beta 0.3, half of the steps each.',
  params: { stages: 'two', beta: 0.3 },
};

/** What the loss reads of the settings. */
export type OddsParams = Omit<Values<typeof oddsParams>, 'stages'>;

/**
 * @param objective the loss, whose likelihood weighs `sftWeight`
 * @returns one pass; or SFT on the chosen answers, and from there the loss without the likelihood, half of the steps each
 */
export const inStages = (
  { stages, ...params }: Values<typeof oddsParams>,
  main: Pick<Pass, 'id' | 'label'>,
  objective: (params: OddsParams) => Objective,
): Pass[] =>
  stages === 'one'
    ? [{ ...main, objective: objective(params) }]
    : [
        { id: 'sft', label: 'SFT', objective: chosenLikelihood('token-mean'), share: 0.5 },
        { ...main, from: 'sft', objective: objective({ ...params, sftWeight: 0 }), share: 0.5 },
      ];
