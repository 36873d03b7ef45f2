import type { LongText, SectionJudgement } from '../tasks/long-text';
import type { Problem, Task } from '../tasks/task';
import { isEnd } from '../tokenizer/tokenizer';
import type { PipelineContext, Sample } from './pipeline';
import { promptTokens } from './prompt-tokens';
import { isUsable, REQUESTS_PER_CALL } from './sample-answers';
import { stepEndTokens } from './step-ends';
import { throwIfAborted } from './throw-if-aborted';

/** One way to go on, judged. */
export interface Candidate {
  tokens: readonly number[];
  text: string;
  /** The text ends with it. */
  ended: boolean;
  judgement: SectionJudgement;
  /** Mean of the judge's marks and the length's score: 1 to 15. */
  value: number;
  /** Mean log-prob of its tokens under the model. */
  meanLogProb: number;
}

/** A place in a text at which several ways to go on were tried. */
export interface Fork {
  problem: Problem;
  /** What stood there before, as tokens and as text. */
  before: { tokens: readonly number[]; text: string };
  /** Different ones, in the order in which they came. */
  candidates: readonly Candidate[];
  /** The one that the search went on with. */
  selected: Candidate;
}

export interface GuideOptions {
  /** Ways to go on at each place. */
  width: number;
  temperature: number;
  topP: number;
  /** Weight of the exploration bonus; 0 goes by value alone. */
  exploration: number;
  /** What contradicts the text so far is passed over where something else is there. */
  memory: boolean;
}

/** What a search has seen. */
export interface GuideTally {
  texts: number;
  sections: number;
  unusable: number;
  /** Places where only one way to go on came up. */
  single: number;
  /** Places where the best way was passed over because it contradicted the text. */
  contradicted: number;
}

type Writer = Pick<PipelineContext, 'task' | 'tokenizer' | 'sample' | 'signal' | 'maxTokens'>;

/** A text that sections are asked for. */
export interface Begun {
  problem: Problem;
  /** What the model is asked; the problem's own prompt when left out. */
  asked?: Problem;
  tokens: readonly number[];
  text: string;
}

/** @throws when the world's answers are no long texts */
export const longTextOf = ({ longText, name }: Task): LongText => {
  if (longText) return longText;
  throw new Error(
    `A search by sections needs a world whose answers are long texts, and “${name}” is none; choose data.task "report".`,
  );
};

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

const candidateOf = (
  ctx: Writer,
  { problem, text: before }: Begun,
  sample: Sample,
): Candidate | undefined => {
  if (!isUsable(ctx, sample)) return undefined;
  const text = ctx.tokenizer.decode(sample.tokens);
  const ended = isEnd(ctx.tokenizer, sample.tokens.at(-1)!);
  const judgement = longTextOf(ctx.task).judgeSection(problem, before, text, ended);
  const value = mean(Object.values(judgement.marks)) + judgement.length;
  return { tokens: sample.tokens, text, ended, judgement, value, meanLogProb: mean(sample.logProbs) };
};

/** Samples sections that go on from texts: per text the usable ones among `count`. */
export const sampleSections = async (
  ctx: Writer,
  texts: readonly Begun[],
  { count, temperature, topP }: { count: number; temperature: number; topP: number },
): Promise<Candidate[][]> => {
  const { task, tokenizer } = ctx;
  const { endsSection } = longTextOf(task);
  const found: Candidate[][] = [];
  for (let start = 0; start < texts.length; start += REQUESTS_PER_CALL) {
    throwIfAborted(ctx.signal);
    const group = texts.slice(start, start + REQUESTS_PER_CALL);
    const shortest = Math.min(...group.map(({ tokens }) => tokens.length));
    const samples = await ctx.sample(
      group.map(({ problem, asked = problem, tokens }) => ({
        tokens: [...promptTokens(tokenizer, asked), ...tokens],
      })),
      {
        count,
        temperature,
        topP,
        maxTokens: Math.max(1, ctx.maxTokens - shortest),
        stopTokens: stepEndTokens(task, tokenizer),
        // A section is several steps long: a step's end stops it only where it ends the section.
        reply: (_, tokens) => ({
          tokens: [],
          end: isEnd(tokenizer, tokens.at(-1)!) || endsSection(tokenizer.decode(tokens)),
        }),
      },
    );
    group.forEach((text, i) => {
      found.push((samples[i] ?? []).flatMap((sample) => candidateOf(ctx, text, sample) ?? []));
    });
  }
  throwIfAborted(ctx.signal);
  return found;
};

const spelt = ({ tokens }: Candidate) => tokens.join(' ');

/** Candidates that differ token for token, in the order in which they came. */
export const distinctCandidates = (candidates: readonly Candidate[]): Candidate[] => [
  ...new Map(candidates.map((candidate) => [spelt(candidate), candidate])).values(),
];

/**
 * The order in which candidates are taken: by value and PUCT's bonus, c P sqrt(N) / (1 + n), where the prior P is the normalised
 * exp of the mean log-prob, and the place has been visited once and none of its candidates yet.
 */
const ranked = (candidates: readonly Candidate[], exploration: number): Candidate[] => {
  const weights = candidates.map(({ meanLogProb }) => Math.exp(meanLogProb));
  const total = weights.reduce((sum, x) => sum + x, 0);
  return candidates
    .map((candidate, i) => ({ candidate, at: candidate.value + (exploration * weights[i]!) / total }))
    .sort((a, b) => b.at - a.at)
    .map(({ candidate }) => candidate);
};

/**
 * Writes texts section by section, side by side: at each place several ways to go on are sampled and judged, and the search goes
 * on with the first of them in order that does not contradict what the text has stated. One path a problem, as in the paper.
 * @returns the places where there was a choice, text after text
 */
export const guidedTexts = async (
  ctx: Writer,
  problems: readonly Problem[],
  { width, temperature, topP, exploration, memory }: GuideOptions,
  tally: GuideTally,
): Promise<Fork[][]> => {
  const texts = problems.map((problem) => ({
    problem,
    tokens: [] as number[],
    text: '',
    forks: [] as Fork[],
  }));
  let open = texts;
  while (open.length > 0) {
    const found = await sampleSections(ctx, open, { count: width, temperature, topP });
    const next: typeof texts = [];
    for (const [i, text] of open.entries()) {
      const candidates = distinctCandidates(found[i]!);
      tally.sections += width;
      tally.unusable += width - found[i]!.length;
      const order = ranked(candidates, exploration);
      const [first] = order;
      if (!first) continue;
      const selected = (memory && order.find(({ judgement }) => !judgement.contradicts)) || first;
      if (selected !== first) tally.contradicted++;
      if (candidates.length === 1) tally.single++;
      const before = { tokens: [...text.tokens], text: text.text };
      text.forks.push({ problem: text.problem, before, candidates, selected });
      text.tokens.push(...selected.tokens);
      text.text += selected.text;
      if (!selected.ended && text.tokens.length < ctx.maxTokens) next.push(text);
    }
    open = next;
  }
  tally.texts += problems.length;
  return texts.map(({ forks }) => forks);
};
