import type { Live, RunSpec } from '../lesson';
import { measureOf, rangesOf, runOf } from '../read';

export const egida: RunSpec = { name: 'egida', title: 'Egida, 50 steps', seconds: 25 };
export const bare: RunSpec = {
  name: 'bare',
  title: 'the same without its anchor',
  fields: { 'method.params.anchor': 0 },
  seconds: 25,
};

export const sacpo: RunSpec = {
  name: 'sacpo',
  title: 'SACPO, two stages of 36 steps',
  fields: { 'method.id': 'sacpo', 'data.trees': 240, steps: 36, 'evaluation.every': 36 },
  seconds: 25,
};

export const of = (all: Live, id: string, name = 'egida') => {
  const run = runOf(all, name);
  return run && measureOf(run, id);
};

/** The same with its intervals. */
export const ranges = (all: Live, id: string, name = 'egida') => {
  const run = runOf(all, name);
  return run && rangesOf(run, id);
};

/** What SACPO measures before, after its first stage and after its second. */
export const stagesIn = (all: Live, id: string) => {
  const evaluations = runOf(all, 'sacpo')?.evaluations ?? [];
  const own = evaluations.filter(({ evaluation }) => evaluation.stage === evaluations[0]!.evaluation.stage);
  const [start, first, last] = [evaluations[0], own.at(-1), evaluations.at(-1)].map((row) =>
    row?.evaluation.measures?.find((measure) => measure.id === id),
  );
  return start && first && last ? ([start, first, last] as const) : undefined;
};

/** How much of the fall on trained wrappers the new ones share. */
export const carried = (all: Live) => {
  const [trained, fresh] = [of(all, 'asr-trained'), of(all, 'asr-new-wrappers')];
  if (!trained || !fresh) return undefined;
  const [fall, other] = [trained.before - trained.now, fresh.before - fresh.now];
  return { trained, fresh, fell: fall > 0.05, share: fall > 0 ? other / fall : 0 };
};
