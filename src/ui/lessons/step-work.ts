/** The run or the experiment of a step: how it stands, and what its button does. */
import type { TemplateResult } from 'lit';
import { isLab, type Work } from '../../lessons/lesson';
import { isMoving, type State } from '../state';
import { wishedBrief } from '../view-wishes';
import { ranIn, type Stand } from './live-of';
import type { Progress } from './progress';
import type { LessonRunner } from './runner';
import { type Drawn, workPart } from './step-parts';

/** What the works of a lesson share. */
export interface Works {
  state: Readonly<State>;
  runner: LessonRunner;
  stands: ReadonlyMap<string, Stand>;
  progress: Progress;
  seed: number;
  /** Called when the progress has changed. */
  saved(): void;
}

/** The first run that is open, of a comparison its first arm. */
export const openRun = ({ arms, status }: Readonly<State>): string | undefined =>
  arms[0]?.status.runId ?? status?.runId;

/** It has ended, and everything was looked at. */
export const isDone = (d: Pick<Drawn, 'sight'>, work: Work | undefined, stands: Works['stands']): boolean =>
  ranIn(d.sight.live, work) && (!work || isLab(work) || stands.get(work.name)?.missing.length === 0);

/** A run that was begun and can be gone on with, or that has something to be read off. */
const restOf = (stand: Stand | undefined): 'go on' | 'read off' | undefined => {
  if (!stand) return undefined;
  if (stand.ended) return 'read off';
  return stand.runs.length > 0 && stand.runs.every(({ phase }) => phase !== 'failed') ? 'go on' : undefined;
};

/** The button of a step's work, or where it stands. */
export const stepWork = (d: Drawn, work: Work, works: Works): TemplateResult => {
  const { state, runner, stands, progress, seed, saved } = works;
  const stand = isLab(work) ? undefined : stands.get(work.name);
  const moving = stand !== undefined && stand.runId === openRun(state) && isMoving(state.status?.phase);
  const busy = runner.busy === work.name || moving;
  const rest = restOf(stand);
  const fresh = () => (isLab(work) ? runner.lab(work, seed, progress) : runner.train(work, stand!.documents));
  return workPart(d, work, {
    done: !busy && isDone(d, work, stands),
    busy,
    brief: !isLab(work) && wishedBrief(state.view) !== undefined,
    waits: busy ? '' : runner.waits,
    problem: runner.problem,
    rest,
    start: () => {
      if (rest === 'read off') void runner.reopen(stand!, progress).then(saved);
      else if (rest === 'go on') void runner.resume(stand!);
      else void fresh().then(saved);
    },
    again: () => void fresh().then(saved),
  });
};
