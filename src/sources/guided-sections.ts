import { choice, flag, number } from '../methods/params';
import { answersTree } from '../search/answers-tree';
import type { LabelledStep } from '../search/build-trees';
import { rewritten } from '../search/critique';
import type { Candidate, Fork, GuideTally } from '../search/guided-sections';
import { guidedTexts } from '../search/guided-sections';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import { splitTokens } from '../search/split-tokens';
import { problemLimit, TooFewTreesError } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import type { PreferenceTree } from '../tree/tree';
import { count, plural } from '../util/count';
import { sampling } from './sampling';
import { defineSource } from './source';

/** PUCT's c at few visits, as released. */
const EXPLORATION = 1.25;

/** Texts that are written side by side. */
const TEXTS_PER_CALL = 48;

interface Seen extends GuideTally {
  rewritten: number;
  /** Places where every other candidate had the same value. */
  tied: number;
}

const describeSearch = ({ texts, sections, contradicted, rewritten: anew }: Seen): string =>
  `${plural(texts, 'text')} written, ${plural(sections, 'section')} sampled, ${count(contradicted)} passed over for a contradiction, ${count(anew)} rewritten on advice`;

const tooFew = (ctx: PipelineContext, made: number, seen: Seen): TooFewTreesError => {
  const start = `Only ${count(made)} of ${plural(ctx.count, 'tree')} could be made: ${describeSearch(seen)}`;
  if (seen.unusable > seen.sections / 2) {
    return new TooFewTreesError(
      `${start}; ${count(seen.unusable)} sections did not end within ${ctx.maxTokens} tokens. Raise data.maxTokens, or use a model that was trained on this task.`,
    );
  }
  return new TooFewTreesError(
    `${start}; at ${count(seen.single)} places only one way to go on came up, and at ${count(seen.tied)} all were judged alike. Raise the temperature or the width, or choose a harder difficulty.`,
  );
};

const stepsOf = (
  ctx: PipelineContext,
  { problem, before }: Fork,
  { tokens, text }: Pick<Candidate, 'tokens' | 'text'>,
): LabelledStep[] => {
  const own = splitTokens(ctx.task, ctx.tokenizer, tokens);
  const first = ctx.task.splitSteps(before.text).length;
  const { steps, correct } = ctx.task.verify(problem, before.text + text);
  return own.map((step, i) => ({
    ...step,
    labels: { correct: (steps[first + i]?.correct ?? correct) ? 1 : 0 },
  }));
};

const treeOf = (
  ctx: PipelineContext,
  fork: Fork,
  chosen: Candidate,
  rejected: Candidate,
  made: number,
): PreferenceTree => {
  const { problem, before } = fork;
  const start: Fork = { ...fork, before: { tokens: [], text: '' } };
  return answersTree({
    id: `${problem.id}#${made}`,
    prompt: promptTokens(ctx.tokenizer, problem),
    prefix: stepsOf(ctx, start, before),
    answers: [chosen, rejected].map((side) => ({ steps: stepsOf(ctx, fork, side), score: side.value })),
    comparisons: [{ chosen: 0, rejected: 1, margin: chosen.value - rejected.value }],
  });
};

/**
 * LongDPO's data: a text is written section by section, the best of several ways to go on at each place, past those that contradict
 * what was stated; the chosen section is compared with another of the same place, picked at random. Weak ones are written anew with
 * advice in the prompt, which the pair then leaves out.
 */
export const guidedSections = defineSource({
  id: 'guided-sections',
  name: 'Guided sections',
  summary:
    'Writes texts section by section: the best of several ways to go on is chosen, another one of the same place rejected, and what was stated before must not be contradicted.',
  params: {
    width: number({
      label: 'width',
      help: 'Ways to go on that are sampled at each place.',
      min: 2,
      max: 16,
      integer: true,
      default: 4,
      from: 'code',
    }),
    temperature: { ...sampling.temperature, default: 0.7, from: 'code' },
    topP: sampling.topP,
    memory: flag({
      label: 'memory',
      help: 'Sections that contradict what the text has stated are passed over.',
      default: true,
      from: 'paper',
    }),
    critique: flag({
      label: 'critique',
      help: 'Weak chosen sections are written anew with advice in the prompt; the pair keeps the prompt as it was.',
      default: true,
      from: 'paper',
    }),
    threshold: number({
      label: 'weak below',
      help: 'Value, from 1 to 15 (the mean mark and the length’s score), below which a chosen section is written anew.',
      min: 1,
      max: 15,
      default: 14.5,
      from: 'ours',
    }),
    search: choice({
      label: 'search',
      help: 'By value and the bonus of exploration; or as the released code comes out: by value alone, the memory never asked.',
      options: { paper: 'as the paper describes it', released: 'as released' },
      default: 'paper',
      from: 'paper',
    }),
  },
  makes: ['next-steps', 'pairs'],
  needs: () => ['length'],
  async *make(ctx, { width, temperature, topP, memory, critique, threshold, search }) {
    const released = search === 'released';
    const drawn = { temperature, topP };
    const options = {
      ...drawn,
      width,
      exploration: released ? 0 : EXPLORATION,
      memory: memory && !released,
    };
    const seen: Seen = {
      texts: 0,
      sections: 0,
      unusable: 0,
      single: 0,
      contradicted: 0,
      rewritten: 0,
      tied: 0,
    };
    let made = 0;
    while (seen.texts < problemLimit(ctx.count)) {
      const size = Math.min(TEXTS_PER_CALL, Math.max(8, Math.ceil((ctx.count - made) / 2)));
      const problems = Array.from({ length: size }, ctx.problems);
      const forks = (await guidedTexts(ctx, problems, options, seen)).flat();
      ctx.progress(made, describeSearch(seen));
      const weak = critique ? forks.filter(({ selected }) => selected.value < threshold) : [];
      const better = await rewritten(ctx, weak, drawn);
      const anew = new Map(weak.map((fork, i) => [fork, better[i]] as const));
      for (const fork of forks) {
        const replaced = anew.get(fork);
        if (replaced) seen.rewritten++;
        const chosen = replaced ?? fork.selected;
        const others = fork.candidates.filter((candidate) => candidate !== fork.selected);
        if (others.length === 0) continue;
        // A random other one, not the worst; but one that is as good as the chosen one says nothing.
        const rejected = ctx.rng.pick(others);
        if (rejected.value >= chosen.value) {
          seen.tied++;
          continue;
        }
        throwIfAborted(ctx.signal);
        yield treeOf(ctx, fork, chosen, rejected, made);
        made++;
        if (made >= ctx.count) {
          ctx.progress(made, describeSearch(seen));
          return;
        }
      }
      ctx.progress(made, describeSearch(seen));
    }
    throw tooFew(ctx, made, seen);
  },
});
