/** Choices between images as data: what was drawn, what was said of it, and how the browser keeps both. */
import type { DrawnPair } from '../../../workers/protocol';
import type { Choice } from '../../diffusion/choices';
import { type Clicks, chosenOf, type Shown } from './session';

/** A pair as it is kept: pixels as base64. */
interface KeptPair {
  condition: number;
  images: readonly [string, string];
  rewards: DrawnPair['rewards'];
}

export interface ChoiceSession extends Clicks {
  version: 1;
  model: string;
  seed: number;
  pairs: readonly KeptPair[];
  ended: boolean;
}

export const newChoices = (model: string, seed: number): ChoiceSession => ({
  version: 1,
  model,
  seed,
  pairs: [],
  shown: [],
  ended: false,
});

const toText = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Pixels of an image that was kept. */
export const pixelsOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

export const withDrawn = (session: ChoiceSession, drawn: readonly DrawnPair[]): ChoiceSession => ({
  ...session,
  pairs: [
    ...session.pairs,
    ...drawn.map(({ condition, images: [a, b], rewards }) => ({
      condition,
      images: [toText(a), toText(b)] as const,
      rewards,
    })),
  ],
});

/** What was chosen and what was not, of pairs that did not come back. */
const decided = ({ pairs, shown }: ChoiceSession) =>
  shown.flatMap((own) => {
    const chosen = own.mirrored ? undefined : chosenOf(own);
    return chosen === undefined ? [] : [{ own, pair: pairs[own.pair]!, chosen }];
  });

export const toChoices = (session: ChoiceSession): Choice[] =>
  decided(session).map(({ pair, chosen }) => ({
    condition: pair.condition,
    chosen: pixelsOf(pair.images[chosen]),
    rejected: pixelsOf(pair.images[chosen === 0 ? 1 : 0]),
  }));

/** Whether the first image was chosen, and whether the one with more of a reward was, choice by choice. */
export const choiceHabits = (
  session: ChoiceSession,
): { first: boolean[]; higher(reward: string): boolean[] } => ({
  first: decided(session).map(({ own }) => own.click === 'left'),
  higher: (reward) =>
    decided(session).map(({ pair: { rewards }, chosen }) => {
      const [a, b] = [rewards[0][reward] ?? 0, rewards[1][reward] ?? 0];
      return chosen === 0 ? a > b : b > a;
    }),
});

const keyOf = (model: string) => `marginalia.choices.${model}`;

const isSession = (value: ChoiceSession): boolean =>
  value.version === 1 &&
  Array.isArray(value.pairs) &&
  value.pairs.every(
    ({ images, rewards }: Partial<KeptPair>) => images?.length === 2 && rewards?.length === 2,
  ) &&
  Array.isArray(value.shown) &&
  value.shown.every(({ pair }: Partial<Shown>) => value.pairs[pair ?? -1] !== undefined);

/** The choices between a model's images that this browser has kept. */
export const keptChoices = (model: string): ChoiceSession | undefined => {
  try {
    const given = JSON.parse(localStorage.getItem(keyOf(model)) ?? 'null') as ChoiceSession | null;
    return given && isSession(given) ? given : undefined;
  } catch {
    return undefined; // nothing is kept, or what is kept is none of these
  }
};

/** @returns empty, or why they could not be kept */
export const keepChoices = (session: ChoiceSession): string => {
  try {
    localStorage.setItem(keyOf(session.model), JSON.stringify(session));
    return '';
  } catch {
    return 'This browser keeps no more of these choices; save them as a file before the page is closed.';
  }
};
