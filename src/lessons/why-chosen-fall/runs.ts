import { type Band, mostDisplaced, whoGotIt } from '../../ui/live/who-got-it-data';
import type { Live, LiveRun, RunSpec } from '../lesson';
import { bestOf, movedOf, runOf, solvedOf } from '../read';

/** What the margin's remark calls a deep fall: seven times less likely. */
export const deep = 2;

export const careful: RunSpec = {
  name: 'careful',
  title: 'the careful run',
  fields: { 'optimizer.learningRate': 0.00005 },
  seconds: 15,
};
export const fast: RunSpec = {
  name: 'fast',
  title: 'the fast run',
  fields: { 'optimizer.learningRate': 0.0003 },
  seconds: 15,
};
export const between: RunSpec = {
  name: 'between',
  title: 'the run between',
  fields: { 'optimizer.learningRate': 0.0001 },
  seconds: 15,
};

export const holds: Record<string, { words: string; arm: Record<string, string | number> }> = {
  rate: { words: 'a smaller rate', arm: { 'method.id': 'dpo', 'optimizer.learningRate': 0.00005 } },
  beta: { words: 'beta 1', arm: { 'method.id': 'dpo', 'method.params.beta': 1 } },
  sft: { words: 'an SFT term', arm: { 'method.id': 'rpo' } },
  ipo: {
    words: 'a target for the margin',
    arm: { 'method.id': 'ipo', 'method.params.average': 'sum', 'method.params.beta': 0.5 },
  },
  dpop: { words: 'a price on falling', arm: { 'method.id': 'dpop' } },
};

export const guessOf = ({ given }: Live) =>
  ({ rises: 'that they rise', falls: 'that they fall', depends: 'that it depends' })[String(given[1])];

/** What became of the preferred answers, stretch by stretch, in nats. */
export const stretchesIn = (run: LiveRun) => {
  const moved = movedOf(run);
  if (!moved) return undefined;
  const mean = (i: 0 | 1 | 2) =>
    moved.changes.reduce((sum, { chosen }) => sum + chosen.stretches[i], 0) / moved.changes.length;
  const parts = [mean(0), mean(1), mean(2)] as const;
  return { parts, all: parts[0] + parts[1] + parts[2] };
};

/** Of the fast run the pair whose next token went furthest astray, with who leads there at the end. */
export const whoIn = (all: Live) => {
  const probes = runOf(all, 'fast')?.probes ?? [];
  const found = whoGotIt(probes, mostDisplaced(probes));
  const [first, last] = [found?.leaders[0], found?.leaders.at(-1)];
  if (!found || !first || !last) return undefined;
  const [chosen, rejected] = found.bands as [Band, Band, ...Band[]];
  return { ...found, chosen, rejected, first, last };
};

export const parties: Readonly<Record<string, string>> = { chosen: 'preferred', rejected: 'rejected' };

/** Less is solved than the interval of the best evaluation has. */
export const lost = (run: LiveRun | undefined): boolean | undefined => {
  const [best, solved] = run ? [bestOf(run), solvedOf(run)] : [];
  return best && solved && solved.now < best.evaluation.interval[0];
};
