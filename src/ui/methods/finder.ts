/** Which methods fit what somebody has and wants. */
import { type Aim, aims, type DataKind } from '../../methods/method';
import type { MethodInfo } from '../../train/method-info';

type Suits = (method: MethodInfo) => boolean;
const eats =
  (...kinds: DataKind[]): Suits =>
  (method) =>
    kinds.includes(method.eats);

/** What is at hand. Ranked lists and scores also make pairs, and thumbs; a verifier makes everything. */
export const haves: Readonly<Record<string, { label: string; suits: Suits }>> = {
  pairs: { label: 'pairs', suits: eats('pairs') },
  lists: { label: 'ranked or scored answers', suits: eats('lists', 'pairs', 'answers') },
  thumbs: { label: 'thumbs up or down', suits: eats('answers') },
  steps: { label: 'steps marked right or wrong', suits: eats('steps', 'next-steps') },
  turns: { label: 'conversations', suits: eats('turns') },
  verifier: { label: 'only a verifier', suits: ({ sources }) => sources.length > 0 },
  solutions: { label: 'right answers', suits: eats('solutions') },
};

export const wants: Readonly<Record<string, { label: string; suits: Suits }>> = {
  ...Object.fromEntries(
    Object.entries(aims).map(([id, label]) => [
      id,
      { label, suits: (method: MethodInfo) => method.aims?.includes(id as Aim) ?? false },
    ]),
  ),
  'one-model': { label: 'no second model', suits: ({ needs }) => !needs.reference },
};

export interface Wish {
  have?: string | undefined;
  want?: string | undefined;
  /** Words, each of which must stand somewhere in what is said of the method. */
  q?: string | undefined;
}

/** Words of a search; what is not known of `have` and `want` asks for nothing. */
export const fits = (method: MethodInfo, { have = '', want = '', q = '' }: Wish): boolean => {
  const { name, id, summary, paper, kin } = method;
  const text = [name, id, summary, paper.title, paper.authors, paper.arxiv, paper.year, kin?.change]
    .join(' ')
    .toLowerCase();
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (
    (haves[have]?.suits(method) ?? true) &&
    (wants[want]?.suits(method) ?? true) &&
    words.every((word) => text.includes(word))
  );
};
