/** Where the push of a loss goes: on tokens that both answers have, on right lines, on the mistake. */
import type { CreditResponse, CreditView } from '../../workers/protocol';

/** How many tokens both answers begin with. */
export const sharedTokens = ({ responses }: CreditView): number => {
  const [a, b] = responses;
  if (!a || !b) return 0;
  let shared = 0;
  while (
    shared < Math.min(a.tokens.length, b.tokens.length) &&
    a.tokens[shared]!.text === b.tokens[shared]!.text
  )
    shared++;
  return shared;
};

const stepPush = (response: CreditResponse): CreditResponse => ({
  ...response,
  steps: response.steps.map((step, i) => ({
    ...step,
    push: response.tokens.reduce((sum, token) => sum + (token.step === i ? token.push : 0), 0),
  })),
});

/** The same with what cancels taken off: a token that both answers begin with is pushed by both at once. */
export const netPushes = (view: CreditView): CreditView => {
  const shared = sharedTokens(view);
  const net = (at: number) => view.responses.reduce((sum, { tokens }) => sum + (tokens[at]?.push ?? 0), 0);
  return {
    ...view,
    responses: view.responses.map((response) =>
      stepPush({
        ...response,
        tokens: response.tokens.map((token, at) => (at < shared ? { ...token, push: net(at) } : token)),
      }),
    ),
  };
};

/** Shares of the push down on the rejected answers; they add up to 1. */
export interface PushShares {
  pairs: number;
  /** Cancelled by the push up on the same tokens of the chosen answer. */
  cancelled: number;
  /** On lines that are right, after the answers have parted. */
  rightAfter: number;
  /** On the wrong lines, from where the answers part. */
  wrong: number;
  /** On all lines that are right, whether cancelled or not. */
  right: number;
}

/**
 * Over several pairs; a line counts as right or wrong as the verifier has it, given those above.
 * @returns undefined where nothing is pushed down, or no line was judged
 */
export const pushShares = (views: readonly CreditView[]): PushShares | undefined => {
  let [all, cancelled, rightAfter, wrong, right, pairs] = [0, 0, 0, 0, 0, 0];
  for (const view of views) {
    const chosen = view.responses.find(({ role }) => role === 'chosen');
    const rejected = view.responses.find(({ role }) => role === 'rejected');
    if (!chosen || !rejected || rejected.steps.every(({ correct }) => correct === undefined)) continue;
    const shared = sharedTokens(view);
    pairs++;
    rejected.tokens.forEach((token, at) => {
      const down = Math.max(0, -token.push);
      all += down;
      const good = rejected.steps[token.step]?.correct !== false;
      if (good) right += down;
      const undone = at < shared ? Math.min(down, Math.max(0, chosen.tokens[at]!.push)) : 0;
      cancelled += undone;
      if (good) rightAfter += down - undone;
      else wrong += down - undone;
    });
  }
  if (all === 0 || pairs === 0) return undefined;
  return {
    pairs,
    cancelled: cancelled / all,
    rightAfter: rightAfter / all,
    wrong: wrong / all,
    right: right / all,
  };
};
