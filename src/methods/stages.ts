/** ORPO's and ASFT's one stage, and the two that Gorbatovski et al. 2025 compare it with. */
import { chosenLikelihood } from './chosen-cross-entropy';
import type { Objective } from './objective';
import type { Pass } from './pass';

/**
 * @param objective the loss with the given weight of the likelihood, or with the method's own where none is given
 * @returns one pass; or SFT on the chosen answers, and from there the loss without the likelihood, half of the steps each
 */
export const inStages = (
  stages: 'one' | 'two',
  main: Pick<Pass, 'id' | 'label'>,
  objective: (sftWeight?: number) => Objective,
): Pass[] =>
  stages === 'one'
    ? [{ ...main, objective: objective() }]
    : [
        { id: 'sft', label: 'SFT', objective: chosenLikelihood('token-mean'), share: 0.5 },
        { ...main, from: 'sft', objective: objective(0), share: 0.5 },
      ];
