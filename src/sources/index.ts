/** Every data maker. Adding one takes its file and a line here. */
import type { DataKind } from '../methods/method';
import { allPairsByScore } from './all-pairs-by-score';
import { attacks } from './attacks';
import { bestAgainstOthers } from './best-against-others';
import { bestAndWorst } from './best-and-worst';
import { branchedLists } from './branched-lists';
import { bridgedPairs } from './bridged-pairs';
import { drawnImages } from './drawn-images';
import { expertAndRollout } from './expert-and-rollout';
import { firstMistakes } from './first-mistakes';
import { guidedSections } from './guided-sections';
import { injectedErrors } from './injected-errors';
import { judgedAnswers } from './judged-answers';
import { labelledPairs } from './labelled-pairs';
import { lengthBiased } from './length-biased';
import { mixedWriters } from './mixed-writers';
import { ownChoices } from './own-choices';
import { poolLists } from './pool-lists';
import { poolPairs } from './pool-pairs';
import { poolSteps } from './pool-steps';
import { rankedLists } from './ranked-lists';
import { rejectionSampled } from './rejection-sampled';
import { resampledSessions } from './resampled-sessions';
import { rightAndWrong } from './right-and-wrong';
import { rolledOutSteps } from './rolled-out-steps';
import { sampledAnswers } from './sampled-answers';
import { scoredAspects } from './scored-aspects';
import { severalDerivations } from './several-derivations';
import type { Source } from './source';
import { treeSearch } from './tree-search';
import { twinSteps } from './twin-steps';
import { wholeWalksSource } from './whole-walks';
import { workedSolutions } from './worked-solutions';

export const sources: readonly Source[] = [
  workedSolutions,
  rightAndWrong,
  bestAndWorst,
  bestAgainstOthers,
  allPairsByScore,
  rejectionSampled,
  bridgedPairs,
  injectedErrors,
  rankedLists,
  branchedLists,
  sampledAnswers,
  judgedAnswers,
  scoredAspects,
  rolledOutSteps,
  firstMistakes,
  lengthBiased,
  labelledPairs,
  mixedWriters,
  attacks,
  severalDerivations,
  expertAndRollout,
  resampledSessions,
  guidedSections,
  treeSearch,
  drawnImages,
  poolPairs,
  ownChoices,
  poolLists,
  twinSteps,
  poolSteps,
  wholeWalksSource,
];

/**
 * The sources that a method may train on: its own first, with its own defaults, then all others that make the kind of data
 * that it eats.
 */
export const sourcesFor = (method: { eats: DataKind; sources: readonly Source[] }): readonly Source[] => [
  ...method.sources,
  ...sources.filter(
    ({ id, makes }) => makes.includes(method.eats) && !method.sources.some((own) => own.id === id),
  ),
];
