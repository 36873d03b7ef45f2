import type { MethodInfo } from '../../train/method-info';

/** What the two measures mean for a method, drawn from what the method says of itself. */
export const explainCredit = (method: MethodInfo, measure: Measure): string => {
  if (measure === 'push') {
    return `How hard the loss of ${method.name} pushes each token right now: the derivative of the loss by its log-probability, with the sign turned. Blue is pushed up, orange down.${
      method.needs.comparisons ? ' It fades as a pair is learned.' : ''
    }`;
  }
  const weight = method.weighted ? ' times the method’s own weight of the token' : '';
  return `Each token’s part of the implicit reward: ${method.rewarded ? 'β times ' : ''}how much likelier the policy finds it than the reference does${weight}. Blue tokens have gained since training began, orange ones have lost${
    method.needs.steps ? '; only the step in question is scored, what both answers share is not' : ''
  }.`;
};

export type Measure = 'reward' | 'push';

/** A newline as a sign that can be seen; other tokens as they are. */
export const visible = (text: string): string => text.replaceAll('\n', '↵') || '∅';
