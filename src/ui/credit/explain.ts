import type { CreditResponse, CreditToken, CreditView } from '../../../workers/protocol';
import { pushShares } from '../../lessons/push';
import type { MethodInfo } from '../../train/method-info';
import { number, percent } from '../format';

/** What the colour of a token may stand for. `start` and `net` are only there where they can be known. */
export type Measure = 'reward' | 'start' | 'push' | 'net' | 'weight';

export const measureNames: Readonly<Record<Measure, string>> = {
  reward: 'Reward so far',
  start: 'Since the start',
  push: 'Push right now',
  net: 'Net push',
  weight: 'Weight of each token',
};

/** A token whose push has the other answer's added, where both have it. */
export type ShownToken = CreditToken & { net?: number };

/**
 * A pair with its net push: on tokens that both answers begin with, the pushes on the two are added, for they move the same
 * number of the model. As it is where two answers are not compared.
 */
export const withNetPush = (view: CreditView): CreditView => {
  const [chosen, rejected] = (['chosen', 'rejected'] as const).map((role) =>
    view.responses.find((r) => r.role === role),
  );
  if (!chosen || !rejected || view.responses.length !== 2) return view;
  let shared = 0;
  while (shared < chosen.tokens.length && chosen.tokens[shared]!.text === rejected.tokens[shared]?.text)
    shared++;
  const netted = (own: CreditResponse, other: CreditResponse): CreditResponse => ({
    ...own,
    tokens: own.tokens.map(
      (token, i): ShownToken => ({
        ...token,
        net: token.step < 0 ? 0 : token.push + (i < shared ? other.tokens[i]!.push : 0),
      }),
    ),
  });
  return {
    ...view,
    responses: view.responses.map((r) => netted(r, r === chosen ? rejected : chosen)),
  };
};

/** The measures that a view has numbers for. */
export const measuresOf = (view: CreditView): Measure[] => {
  const tokens: ShownToken[] = view.responses.flatMap((r) => r.tokens);
  return [
    'reward',
    ...(tokens.some((t) => t.startLogProb !== undefined) ? (['start'] as const) : []),
    'push',
    ...(tokens.some((t) => t.net !== undefined) ? (['net'] as const) : []),
    ...(weighs(view) ? (['weight'] as const) : []),
  ];
};

/** What a token's colour stands for: a weight is as strong as it is far from 1, the weight of a method without any. */
export const shade = (token: ShownToken, measure: Measure): number => {
  if (token.step < 0) return 0;
  switch (measure) {
    case 'weight':
      return token.weight - 1;
    case 'start':
      return token.policyLogProb - (token.startLogProb ?? token.policyLogProb);
    case 'net':
      return token.net ?? token.push;
    default:
      return token[measure];
  }
};

/** What the margin shows of a step: the sum over its tokens, or their mean weight less 1. */
export const stepCredit = ({ steps, tokens }: CreditResponse, step: number, measure: Measure): number => {
  if (measure === 'reward' || measure === 'push') return steps[step]?.[measure] ?? 0;
  const own = tokens.filter((t) => t.step === step);
  const sum = own.reduce((total, t) => total + shade(t, measure), 0);
  return measure === 'weight' && own.length > 0 ? sum / own.length : sum;
};

const scored = (view: CreditView) => view.responses.flatMap((r) => r.tokens.filter((t) => t.step >= 0));

/** The view's pass gives its tokens weights of their own. */
export const weighs = (view: CreditView): boolean => scored(view).some((t) => Math.abs(t.weight - 1) > 1e-6);

/** What the measures mean for a method, drawn from what the method says of itself. */
export const explainCredit = (method: MethodInfo, measure: Measure, view?: CreditView): string => {
  const weights = view && weighs(view) ? scored(view).map((t) => t.weight) : [];
  const range =
    weights.length > 0
      ? ` Here they lie between ${number(Math.min(...weights))} and ${number(Math.max(...weights))}.`
      : '';
  const later = method.weighted && weights.length === 0 ? ' In this pass all weights are 1.' : '';
  if (measure === 'weight') {
    return `How much each token counts by the weights of ${method.name}: blue more than 1, orange less. The margin has each step’s mean, less 1.${range}`;
  }
  if (measure === 'start') {
    return 'How much likelier the model finds each token than it did before the first step, in nats. Blue tokens have gained, orange ones have lost.';
  }
  if (measure === 'net') {
    return `The push of ${method.name} with what both answers share counted once: those tokens are pushed up for the one and down for the other, and only what is left moves the model. Blue is pushed up, orange down.`;
  }
  if (measure === 'push') {
    return `How hard the loss of ${method.name} pushes each token right now: the derivative of the loss by its log-probability, with the sign turned${method.weighted ? ', its weight included' : ''}. Blue is pushed up, orange down.${
      method.needs.comparisons ? ' It fades as a pair is learned.' : ''
    }${method.weighted ? ` Tokens of one answer differ only by their weights.${range}${later}` : ''}`;
  }
  const weight = method.weighted ? ' times the method’s own weight of the token' : '';
  return `Each token’s part of the implicit reward: ${method.rewarded ? 'β times ' : ''}how much likelier the policy finds it than the reference does${weight}. Blue tokens have gained since training began, orange ones have lost${
    method.needs.steps ? '; only the step in question is scored, what both answers share is not' : ''
  }.${later}`;
};

/**
 * How much of the push down on a wrong answer hits what is right in it, where the steps have been judged.
 * @returns empty where nothing is pushed down, or nothing was judged
 */
export const blameWords = (view: CreditView): string => {
  const found = pushShares([view]);
  if (!found) return '';
  const cancelled =
    found.cancelled < 0.005
      ? ''
      : ` ${percent(found.cancelled, 0)} of it is undone by the push up on the same tokens of the other answer.`;
  return `Of the push down on the rejected answer ${percent(found.right, 0)} hits lines that are right, given those above them.${cancelled}`;
};

/** A newline as a sign that can be seen; other tokens as they are. */
export const visible = (text: string): string => text.replaceAll('\n', '↵') || '∅';
