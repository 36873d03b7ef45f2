import type { CreditResponse, CreditToken, CreditView } from '../../../workers/protocol';
import type { MethodInfo } from '../../train/method-info';
import { number } from '../format';

export type Measure = 'reward' | 'push' | 'weight';

/** What a token's colour stands for: a weight is as strong as it is far from 1, the weight of a method without any. */
export const shade = (token: CreditToken, measure: Measure): number =>
  measure !== 'weight' ? token[measure] : token.step < 0 ? 0 : token.weight - 1;

/** What the margin shows of a step: its reward or push, or its tokens' mean weight less 1. */
export const stepCredit = ({ steps, tokens }: CreditResponse, step: number, measure: Measure): number => {
  if (measure !== 'weight') return steps[step]?.[measure] ?? 0;
  const own = tokens.filter((t) => t.step === step);
  return own.length === 0 ? 0 : own.reduce((sum, t) => sum + shade(t, 'weight'), 0) / own.length;
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

/** A newline as a sign that can be seen; other tokens as they are. */
export const visible = (text: string): string => text.replaceAll('\n', '↵') || '∅';
