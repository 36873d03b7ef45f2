/**
 * Answers as the loss lab has them: what each token gained over the reference, and what else a loss may read of it. The first
 * answer is the better one. Several methods look at the same answers.
 */
import type { CreditView } from '../../../workers/protocol';
import type { CaseStep, LossCase } from '../../train/loss-case/case';
import { type QuestionId, questions } from './shape-case';

/** Numbers beside the log-probs that a loss may be differentiated by: one a token, `valueEnd` one a step, at its first token. */
export const extraFields = ['stop', 'value', 'kl', 'squares', 'valueEnd'] as const;
export type ExtraField = (typeof extraFields)[number];

export interface LabToken {
  /** Log-prob under the reference, at most 0. */
  reference: number;
  /** Log-prob of the policy less that. */
  ratio: number;
  /** Its text, where it is of a real pair. */
  text?: string;
  extra?: Readonly<Partial<Record<ExtraField, number>>>;
}

export interface LabAnswer {
  tokens: readonly LabToken[];
  score: number;
  /** Tokens that begin a step or a turn, after the first. */
  cuts: readonly number[];
}

export interface LabAnswers {
  answers: readonly LabAnswer[];
  /** So many tokens at the beginning of the first two are the same ones. */
  shared: number;
}

/** Where a token stands. */
export interface Spot {
  answer: number;
  token: number;
}

export const mostAnswers = 6;
const mostTokens = 64;
const usualReference = -1.5;

const rounded = (value: number) => Number(value.toFixed(4)) + 0;

export const gained = ({ tokens }: LabAnswer): number => tokens.reduce((sum, { ratio }) => sum + ratio, 0);

const answerOf = (ratios: readonly number[], score: number): LabAnswer => ({
  tokens: ratios.map((ratio) => ({ reference: usualReference, ratio })),
  score,
  cuts: [],
});

/** The answers that put a question. */
export const answersOfQuestion = (id: QuestionId): LabAnswers => {
  const { chosen, rejected } = questions[id];
  return { answers: [answerOf(chosen, 1), answerOf(rejected, 0)], shared: 0 };
};

/** A pair of a run, as it stands. @returns undefined where nothing is compared */
export const answersOfPair = ({ responses }: CreditView): LabAnswers | undefined => {
  const of = (role: string) => responses.find((response) => response.role === role);
  const sides = [of('chosen') ?? responses[0], of('rejected') ?? responses[1]];
  if (!sides[0] || !sides[1]) return undefined;
  const answers = sides.map((side, i): LabAnswer => {
    const scored = side!.tokens.filter(({ step }) => step >= 0);
    return {
      tokens: scored.slice(0, mostTokens).map(({ text, policyLogProb, referenceLogProb }) => ({
        reference: rounded(Math.min(0, referenceLogProb)),
        ratio: rounded(policyLogProb - referenceLogProb),
        text,
      })),
      score: 1 - i,
      cuts: scored.flatMap(({ step }, t) =>
        t > 0 && t < mostTokens && step !== scored[t - 1]!.step ? [t] : [],
      ),
    };
  });
  const [one, two] = answers.map(({ tokens }) => tokens);
  const apart = one!.findIndex(
    (token, t) =>
      token.text !== two![t]?.text ||
      token.ratio !== two![t]?.ratio ||
      token.reference !== two![t]?.reference,
  );
  return { answers, shared: apart < 0 ? Math.min(one!.length, two!.length) : apart };
};

/** Whether a place is one of the tokens that both answers have. */
export const isShared = ({ shared }: LabAnswers, { answer, token }: Spot): boolean =>
  answer < 2 && token < shared;

const withAnswer = (
  state: LabAnswers,
  index: number,
  change: (answer: LabAnswer) => LabAnswer,
): LabAnswers => ({
  ...state,
  answers: state.answers.map((answer, i) => (i === index ? change(answer) : answer)),
});

/** Changes a token, and its twin where both answers have it. */
const withToken = (state: LabAnswers, spot: Spot, change: (token: LabToken) => LabToken): LabAnswers => {
  const sides = isShared(state, spot) ? [0, 1] : [spot.answer];
  return sides.reduce(
    (own, side) =>
      withAnswer(own, side, (answer) => ({
        ...answer,
        tokens: answer.tokens.map((token, t) => (t === spot.token ? change(token) : token)),
      })),
    state,
  );
};

/** The number of a token that is drawn for a field; undefined where nothing has been said of it. */
export const numberAt = (token: LabToken, field: 'policy' | ExtraField): number | undefined =>
  field === 'policy' ? token.ratio : token.extra?.[field];

/** Highest number that a field may have at a token; a log-prob is at most 0. */
export const mostAt = (token: LabToken, field: 'policy' | ExtraField): number => {
  if (field === 'policy') return -token.reference;
  return field === 'stop' || field === 'squares' ? 0 : Number.POSITIVE_INFINITY;
};

/** One number set, as far as it may go. */
export const set = (state: LabAnswers, spot: Spot, field: 'policy' | ExtraField, value: number): LabAnswers =>
  withToken(state, spot, (token) => {
    const own = rounded(Math.min(mostAt(token, field), value));
    return field === 'policy'
      ? { ...token, ratio: own }
      : { ...token, extra: { ...token.extra, [field]: own } };
  });

/** The whole answer moved to a gain, each of its own tokens alike; what both have stays. */
export const moveTo = (state: LabAnswers, index: number, to: number): LabAnswers => {
  const from = index < 2 ? state.shared : 0;
  const answer = state.answers[index]!;
  const free = answer.tokens.length - from;
  if (free === 0) return state;
  const by = (to - gained(answer)) / free;
  return withAnswer(state, index, (own) => ({
    ...own,
    tokens: own.tokens.map((token, t) =>
      t < from ? token : { ...token, ratio: rounded(Math.min(-token.reference, token.ratio + by)) },
    ),
  }));
};

/** A token more after a place, like the one that stands there. A shared place gets one on both sides. */
export const addToken = (state: LabAnswers, spot: Spot): LabAnswers => {
  const sides = isShared(state, spot) ? [0, 1] : [spot.answer];
  if (sides.some((side) => state.answers[side]!.tokens.length >= mostTokens)) return state;
  const longer = sides.reduce(
    (own, side) =>
      withAnswer(own, side, (answer) => {
        const { text: _text, ...like } = answer.tokens[spot.token]!;
        return {
          ...answer,
          tokens: [...answer.tokens.slice(0, spot.token + 1), like, ...answer.tokens.slice(spot.token + 1)],
          cuts: answer.cuts.map((cut) => (cut > spot.token ? cut + 1 : cut)),
        };
      }),
    state,
  );
  return { ...longer, shared: state.shared + (sides.length === 2 ? 1 : 0) };
};

/** The token taken out; an answer keeps at least one. */
export const removeToken = (state: LabAnswers, spot: Spot): LabAnswers => {
  const sides = isShared(state, spot) ? [0, 1] : [spot.answer];
  if (sides.some((side) => state.answers[side]!.tokens.length < 2)) return state;
  const shorter = sides.reduce(
    (own, side) =>
      withAnswer(own, side, (answer) => ({
        ...answer,
        tokens: answer.tokens.filter((_, t) => t !== spot.token),
        cuts: [
          ...new Set(answer.cuts.map((cut) => (cut > spot.token ? cut - 1 : cut)).filter((cut) => cut > 0)),
        ].filter((cut) => cut < answer.tokens.length - 1),
      })),
    state,
  );
  return { ...shorter, shared: Math.max(0, state.shared - (sides.length === 2 ? 1 : 0)) };
};

/** Both answers begin with the same tokens, as the first has them, up to a place; or no longer from it on. */
export const share = (state: LabAnswers, { token }: Spot): LabAnswers => {
  const [first, second] = state.answers;
  if (token < state.shared) return { ...state, shared: token };
  const count = Math.min(token + 1, first!.tokens.length, second!.tokens.length);
  const shared = first!.tokens.slice(0, count);
  return {
    ...withAnswer(state, 1, (answer) => ({ ...answer, tokens: [...shared, ...answer.tokens.slice(count)] })),
    shared: count,
  };
};

/** A step begins at the token, or no longer does. */
export const cut = (state: LabAnswers, { answer, token }: Spot): LabAnswers =>
  token === 0
    ? state
    : withAnswer(state, answer, (own) => ({
        ...own,
        cuts: own.cuts.includes(token)
          ? own.cuts.filter((at) => at !== token)
          : [...own.cuts, token].sort((a, b) => a - b),
      }));

export const setScore = (state: LabAnswers, index: number, score: number): LabAnswers =>
  withAnswer(state, index, (answer) => ({ ...answer, score }));

/** One answer more, worse than the last. */
export const addAnswer = (state: LabAnswers): LabAnswers => {
  if (state.answers.length >= mostAnswers) return state;
  const last = state.answers.at(-1)!;
  const more: LabAnswer = {
    tokens: last.tokens.map(({ reference }) => ({ reference, ratio: 0 })),
    score: rounded(last.score - 0.5),
    cuts: [],
  };
  return { ...state, answers: [...state.answers, more] };
};

export const removeAnswer = (state: LabAnswers, index: number): LabAnswers =>
  index < 2 ? state : { ...state, answers: state.answers.filter((_, i) => i !== index) };

/** Fields of a step that hold one number a token, by what they are when nothing has been said. */
const perToken = (field: string, token: LabToken, like: number | undefined): number => {
  switch (field) {
    case 'policy':
      return rounded(Math.min(0, token.reference + token.ratio));
    case 'reference':
    case 'guide':
    case 'positive':
    case 'negative':
      return token.reference;
    default:
      return token.extra?.[field as ExtraField] ?? like ?? 0;
  }
};

const stepOf = (example: CaseStep, tokens: readonly LabToken[], from: number, side: number): CaseStep =>
  Object.fromEntries(
    Object.entries(example).map(([field, value]) => {
      if (field === 'valueEnd') return [field, tokens[0]?.extra?.valueEnd ?? value];
      if (!Array.isArray(value) || field === 'hidden') return [field, value];
      // Ids tell tokens apart: those that both answers have are alike.
      if (field === 'tokens')
        return [field, tokens.map((_, t) => 3 + from + t + (side > 1 ? 100 * side : 0))];
      return [field, tokens.map((token) => perToken(field, token, value[0] as number | undefined))];
    }),
  ) as CaseStep;

/** How many answers a case of this shape has of one prompt. */
const answersRead = (example: LossCase): number => {
  const { responses } = example.prompts[0]!;
  return responses.filter(({ labels }) => !labels?.['mismatched']).length;
};

/**
 * The answers as a method's loss case: what else it reads is as in its example.
 * @param example with every field that the method reads
 * @returns undefined where the method learns from single answers without a label
 */
export const caseOfAnswers = (example: LossCase, { answers, shared }: LabAnswers): LossCase | undefined => {
  const [prompt] = example.prompts;
  if (!prompt || answersRead(example) < 2) return undefined;
  const lists = answersRead(example) > 2;
  const used = lists ? answers : answers.slice(0, 2);
  const own = prompt.responses.filter(({ labels }) => !labels?.['mismatched']);
  const others = prompt.responses.filter(({ labels }) => labels?.['mismatched']);
  const manySteps = own.some(({ steps }) => steps.length > 1);
  const responses = used.map(({ tokens, cuts, score }, r) => {
    const like = own[Math.min(r, own.length - 1)]!;
    const borders = manySteps ? [0, ...cuts, tokens.length] : [0, tokens.length];
    const steps = borders.slice(1).map((end, s) => {
      const start = borders[s]!;
      const step = stepOf(
        like.steps[Math.min(s, like.steps.length - 1)]!,
        tokens.slice(start, end),
        start,
        r,
      );
      // Tokens past those that both have are told apart by their side.
      if (step.tokens)
        step.tokens = step.tokens.map((id, t) => (r === 1 && start + t >= shared ? id + 100 : id));
      return step;
    });
    return { ...like, steps, ...(like.score !== undefined && { score }) };
  });
  const comparison = prompt.comparisons[0];
  return {
    ...example,
    prompts: [
      {
        ...prompt,
        responses: [...responses, ...others],
        comparisons: comparison
          ? responses.slice(1).map((_, i) => ({ ...comparison, chosen: 0, rejected: i + 1 }))
          : [],
      },
    ],
  };
};

/** Derivatives of each answer by token, out of a case's gradient; on what both have, of both together. */
export const derivatives = (
  gradient: readonly (readonly Readonly<Record<string, unknown>>[])[],
  { answers, shared }: LabAnswers,
  field: 'policy' | ExtraField,
): number[][] => {
  const own = answers.map((_, r) =>
    (gradient[r] ?? []).flatMap((step) => {
      const by = step[field];
      const { policy } = step as { policy: number[] };
      return typeof by === 'number' ? policy.map((_, t) => (t === 0 ? by : 0)) : ((by as number[]) ?? []);
    }),
  );
  const net = (side: number) =>
    own[side]!.map((by, t) =>
      t < shared && own[1 - side]?.[t] !== undefined ? by + own[1 - side]![t]! : by,
    );
  return own.map((values, r) => (r < 2 ? net(r) : values));
};
