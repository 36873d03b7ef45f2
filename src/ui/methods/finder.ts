/** Which methods fit what somebody has and wants. */
import type { FormatId } from '../../data/settings';
import { type Aim, aims, areImages, type DataKind } from '../../methods/method';
import type { MethodInfo } from '../../train/method-info';

type Suits = (method: MethodInfo) => boolean;
const eats =
  (...kinds: DataKind[]): Suits =>
  (method) =>
    kinds.includes(method.eats);

/** What is at hand. Ranked lists and scores also make pairs, and thumbs; a verifier makes everything but pictures. */
export const haves: Readonly<Record<string, { label: string; suits: Suits }>> = {
  pairs: { label: 'pairs', suits: eats('pairs') },
  lists: { label: 'ranked or scored answers', suits: eats('lists', 'pairs', 'answers') },
  thumbs: { label: 'thumbs up or down', suits: eats('answers') },
  steps: { label: 'steps marked right or wrong', suits: eats('steps', 'next-steps') },
  turns: { label: 'conversations', suits: eats('turns') },
  verifier: {
    label: 'only a verifier',
    suits: ({ sources, eats }) => sources.length > 0 && !areImages(eats),
  },
  solutions: { label: 'right answers', suits: eats('solutions') },
  pictures: { label: 'pictures', suits: ({ eats }) => areImages(eats) },
  clicks: { label: 'nothing yet: I will click', suits: eats('pairs', 'answers', 'latents') },
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

/** Asks for nothing, where a file that was brought would ask for something. */
export const anyId = 'any';

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
  const suits = (all: typeof haves, id: string) => !Object.hasOwn(all, id) || all[id]!.suits(method);
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return suits(haves, have) && suits(wants, want) && words.every((word) => text.includes(word));
};

const havesOfFormats: Readonly<Record<FormatId, string>> = {
  preference: 'pairs',
  'implicit-preference': 'pairs',
  'two-responses': 'pairs',
  unpaired: 'thumbs',
  'unpaired-messages': 'thumbs',
  ranked: 'lists',
  'step-dpo': 'steps',
  stepwise: 'steps',
  'prompt-completion': 'solutions',
  messages: 'solutions',
  solutions: 'solutions',
};

/** What somebody has who brought a file of this format; empty where that is not known yet. */
export const haveOfFile = (format: FormatId | undefined): string => (format ? havesOfFormats[format] : '');

/** Fields of a search that ask for what there is not, in words. */
export const unknownWishes = ({ have = '', want = '' }: Wish): string[] => {
  const known = (all: object, id: string) => id === '' || id === anyId || Object.hasOwn(all, id);
  return [
    ...(known(haves, have) ? [] : [`have=${have}: not among ${Object.keys(haves).join(', ')}`]),
    ...(known(wants, want) ? [] : [`want=${want}: not among ${Object.keys(wants).join(', ')}`]),
  ];
};
