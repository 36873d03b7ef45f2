import type { Candidate, Fork, sampleSections as Sample } from './guided-sections';
import { longTextOf, sampleSections } from './guided-sections';
import type { PipelineContext } from './pipeline';

type Drawn = Omit<Parameters<typeof Sample>[2], 'count'>;

/** Other candidates that are judged beside the chosen one, and pieces of advice at most. */
const EXTRA = 2;
const ADVICE = 3;

const markOf = ({ judgement: { marks, length } }: Candidate, principle: string): number =>
  principle === 'length' ? length / 2 : marks[principle]!;

/** Advice for the principles in which another candidate beats the chosen one, the widest gap first. */
const adviceFor = (chosen: Candidate, others: readonly Candidate[]): string[] => {
  const principles = [...Object.keys(chosen.judgement.marks), 'length'];
  const gaps = principles.map((principle) => ({
    principle,
    gap: Math.max(0, ...others.map((other) => markOf(other, principle))) - markOf(chosen, principle),
  }));
  const advice = gaps
    .filter(({ gap }) => gap > 0)
    .sort((a, b) => b.gap - a.gap)
    .flatMap(({ principle }) => chosen.judgement.hints[principle] ?? []);
  return [...new Set(advice)].slice(0, ADVICE);
};

/**
 * Weak selected sections, written anew with advice in the prompt. @param weak places whose selected section is to be better
 * @returns per place what takes the selected section's place; undefined where there was no advice, or it did not help
 */
export const rewritten = async (
  ctx: Pick<PipelineContext, 'task' | 'tokenizer' | 'sample' | 'signal' | 'maxTokens'>,
  weak: readonly Fork[],
  drawn: Drawn,
): Promise<(Candidate | undefined)[]> => {
  const { withHints } = longTextOf(ctx.task);
  const places = weak.map(({ problem, before }) => ({ problem, ...before }));
  const extra = await sampleSections(ctx, places, { ...drawn, count: EXTRA });
  const advised = weak.flatMap(({ selected, candidates }, i) => {
    const advice = adviceFor(selected, [...candidates, ...extra[i]!]);
    return advice.length > 0 ? [{ i, place: places[i]!, advice }] : [];
  });
  const again = await sampleSections(
    ctx,
    advised.map(({ place, advice }) => ({ ...place, asked: withHints(place.problem, advice) })),
    { ...drawn, count: 1 },
  );
  const results: (Candidate | undefined)[] = weak.map(() => undefined);
  advised.forEach(({ i }, j) => {
    const [found] = again[j]!;
    if (found && found.value > weak[i]!.selected.value) results[i] = found;
  });
  return results;
};
