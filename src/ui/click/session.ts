/**
 * Clicks on pairs of answers as data: which pair comes next, what is made of the clicks, and what they say of whoever
 * clicked. Nothing here draws or asks a model.
 */
import { createRng } from '../../util/rng';
import { wilson } from '../../util/wilson';

/** An answer to be judged. */
export interface Candidate {
  text: string;
  /** In tokens. */
  tokens: number;
  /** The verifier's word; left out where there is none. */
  right?: boolean;
}

/** Two answers to one prompt. In the blind round the first is the model's of before, the second that of now. */
export interface ClickPair {
  prompt: string;
  answers: readonly [Candidate, Candidate];
}

/** What was clicked, as it lay on the screen. */
export type Click = 'left' | 'right' | 'same' | 'neither';

/** A pair as it was, or is to be, shown. */
export interface Shown {
  /** Index of the pair. */
  pair: number;
  /** The second answer lies on the left. */
  flipped: boolean;
  /** It has been shown before, the other way round. */
  mirrored: boolean;
  click?: Click;
}

/** Pairs of whatever kind, and what was said of those that were shown. */
export interface Clicks {
  pairs: readonly unknown[];
  shown: readonly Shown[];
}

export interface Round extends Clicks {
  pairs: readonly ClickPair[];
  /** Prompts that were put to the model, and those of them whose two answers were alike: nobody can choose between these. */
  asked: number;
  alike: number;
}

/** The run that learned from the clicks. */
export interface Trained {
  runId: string;
  method: string;
  rows: number;
  /**
   * Once it has ended: by how many nats the clicked answers moved away from the others, on average over the pairs that were
   * watched, and of how many of these they moved the right way.
   */
  apart?: { mean: number; right: number; of: number };
}

export interface ClickSession {
  version: 1;
  /** The model that answers, and the world of its problems; null for prompts of one's own. */
  model: string;
  world: { task: string; difficulty: string } | null;
  /** Prompts are conversations of one question, to a model that has a chat template. */
  chat: boolean;
  seed: number;
  /** Of one's own, where there is no world. */
  prompts: readonly string[];
  first: Round;
  /** Whoever clicked has asked to see what the clicks say. */
  ended: boolean;
  trained: Trained | null;
  /** After training on the first: the same prompts, answered before and now. */
  blind: Round | null;
}

/** Every so many pairs, one comes back with its sides changed. */
export const mirrorEvery = 8;
/** Clicks after which they may be trained on. */
export const enough = 10;
/** A pair comes back after at least so many others. */
const apart = 4;

const emptyRound: Round = { pairs: [], shown: [], asked: 0, alike: 0 };

export const newSession = (
  of: Pick<ClickSession, 'model' | 'world' | 'chat' | 'seed' | 'prompts'>,
): ClickSession => ({ version: 1, ...of, first: emptyRound, ended: false, trained: null, blind: null });

/** The session ready for its blind round. */
export const withBlind = (session: ClickSession): ClickSession => ({ ...session, blind: emptyRound });

/** The pair that is to be judged now; undefined where there is none yet. */
export const current = ({ shown }: Pick<Clicks, 'shown'>): Shown | undefined => {
  const last = shown.at(-1);
  return last?.click === undefined ? last : undefined;
};

/**
 * The round with its next pair on the screen: a new one, or every eighth time an earlier one with its sides changed.
 * @returns the same round where a pair is waiting, or none is left
 */
export const withNext = <R extends Clicks>(round: R, seed: number): R => {
  if (current(round)) return round;
  const { pairs, shown } = round;
  const at = shown.length;
  const rng = createRng(seed).fork(`pair ${at}`);
  const once = shown
    .slice(0, Math.max(0, at - apart))
    .filter(({ pair, mirrored }) => !mirrored && shown.filter((own) => own.pair === pair).length === 1);
  if ((at + 1) % mirrorEvery === 0 && once.length > 0) {
    const { pair, flipped } = rng.pick(once);
    return { ...round, shown: [...shown, { pair, flipped: !flipped, mirrored: true }] };
  }
  const pair = shown.filter(({ mirrored }) => !mirrored).length;
  if (pair >= pairs.length) return round;
  return { ...round, shown: [...shown, { pair, flipped: rng.next() < 0.5, mirrored: false }] };
};

export const withClick = <R extends Clicks>(round: R, click: Click): R =>
  current(round)
    ? { ...round, shown: [...round.shown.slice(0, -1), { ...round.shown.at(-1)!, click }] }
    : round;

/** The round before its last click; the pair that waited goes back to those that are to come. */
export const undone = <R extends Clicks>(round: R): R => {
  const clicked = round.shown.filter(({ click }) => click !== undefined);
  const last = clicked.at(-1);
  if (!last) return round;
  const { click: _click, ...open } = last;
  return { ...round, shown: [...clicked.slice(0, -1), open] };
};

/** Index of the answer that was clicked, 0 or 1; undefined where neither was. */
export const chosenOf = ({ click, flipped }: Shown): 0 | 1 | undefined => {
  if (click !== 'left' && click !== 'right') return undefined;
  return (click === 'left') === flipped ? 1 : 0;
};

/** How many clicks there are. */
export const clickedOf = ({ shown }: Pick<Clicks, 'shown'>): number =>
  shown.filter(({ click }) => click !== undefined).length;

/** Pairs that have not been shown yet. */
export const aheadOf = ({ pairs, shown }: Clicks): number =>
  pairs.length - shown.filter(({ mirrored }) => !mirrored).length;

/** How many of them chose one of the two. */
export const decidedOf = ({ shown }: Pick<Clicks, 'shown'>): number =>
  shown.filter((own) => !own.mirrored && chosenOf(own) !== undefined).length;

const conversation = (role: string, content: string) => [{ role, content }];

/**
 * The clicks in TRL's layout, a line each: `pairs` with prompt, chosen and rejected; `thumbs` with prompt, completion and
 * label, where "neither" says false of both. What is as good as the other says nothing in either, and a pair that came back
 * is not repeated.
 */
export const toRows = ({ first, chat }: ClickSession, kind: 'pairs' | 'thumbs'): string[] => {
  const asked = (text: string) => (chat ? conversation('user', text) : text);
  const said = (text: string) => (chat ? conversation('assistant', text) : text);
  return first.shown.flatMap((own) => {
    const { prompt: question, answers } = first.pairs[own.pair]!;
    if (own.mirrored || own.click === undefined || own.click === 'same') return [];
    const prompt = asked(question);
    const chosen = chosenOf(own);
    if (kind === 'pairs') {
      if (chosen === undefined) return [];
      return [
        JSON.stringify({
          prompt,
          chosen: said(answers[chosen].text),
          rejected: said(answers[1 - chosen]!.text),
        }),
      ];
    }
    return answers.map((answer, i) =>
      JSON.stringify({ prompt, completion: said(answer.text), label: i === chosen }),
    );
  });
};

/** A share with what it is of, and its 95 % interval. */
export interface Share {
  hits: number;
  of: number;
  interval: [number, number];
}

export const shareOf = (values: readonly boolean[]): Share => {
  const hits = values.filter(Boolean).length;
  return { hits, of: values.length, interval: wilson(hits, values.length) };
};

/** What the clicks of a round say of whoever clicked. */
export interface Habits {
  /** Of pairs that came back: the same answer chosen again, or the same said of both. */
  self: Share;
  /** Of pairs of which one answer is right: that one chosen. */
  verifier: Share;
  left: Share;
  longer: Share;
  same: number;
  neither: number;
}

/** Of pairs that came back: the same chosen again, or the same said of both. */
export const selfOf = ({ shown }: Pick<Clicks, 'shown'>): Share => {
  const clicked = shown.filter(({ click }) => click !== undefined);
  const meant = (own: Shown) => chosenOf(own) ?? own.click;
  return shareOf(
    clicked
      .filter(({ mirrored }) => mirrored)
      .flatMap((own) => {
        const before = clicked.find(({ pair, mirrored }) => pair === own.pair && !mirrored);
        return before ? [meant(before) === meant(own)] : [];
      }),
  );
};

export const habitsOf = ({ pairs, shown }: Round): Habits => {
  const clicked = shown.filter(({ click }) => click !== undefined);
  const fresh = clicked.filter(({ mirrored }) => !mirrored);
  const decided = fresh.flatMap((own) => {
    const chosen = chosenOf(own);
    if (chosen === undefined) return [];
    const { answers } = pairs[own.pair]!;
    return [{ own, winner: answers[chosen], loser: answers[chosen === 0 ? 1 : 0] }];
  });
  return {
    self: selfOf({ shown }),
    verifier: shareOf(
      decided
        .filter(
          ({ winner, loser }) => (winner.right ?? loser.right) !== undefined && winner.right !== loser.right,
        )
        .map(({ winner }) => winner.right === true),
    ),
    left: shareOf(decided.map(({ own }) => own.click === 'left')),
    longer: shareOf(
      decided
        .filter(({ winner, loser }) => winner.tokens !== loser.tokens)
        .map(({ winner, loser }) => winner.tokens > loser.tokens),
    ),
    same: fresh.filter(({ click }) => click === 'same').length,
    neither: fresh.filter(({ click }) => click === 'neither').length,
  };
};

/** Of the blind round: how often the model of now was preferred, and how often each was right. */
export const blindOf = ({ pairs, shown }: Round): { now: Share; before: Share; after: Share } => {
  const fresh = shown.filter(({ click, mirrored }) => click !== undefined && !mirrored);
  const chosen = fresh.flatMap((own) => chosenOf(own) ?? []);
  const right = (side: 0 | 1) =>
    shareOf(pairs.flatMap(({ answers }) => (answers[side].right === undefined ? [] : [answers[side].right])));
  return { now: shareOf(chosen.map((side) => side === 1)), before: right(0), after: right(1) };
};

/** The prompts that are asked again: each that was clicked, once. */
export const promptsOf = ({ pairs, shown }: Round): string[] => [
  ...new Set(shown.filter(({ click }) => click !== undefined).map(({ pair }) => pairs[pair]!.prompt)),
];

const isRound = (value: unknown): value is Round => {
  const { pairs, shown } = (value ?? {}) as Partial<Round>;
  return (
    Array.isArray(pairs) &&
    pairs.every(
      (pair: Partial<ClickPair>) => typeof pair?.prompt === 'string' && pair.answers?.length === 2,
    ) &&
    Array.isArray(shown) &&
    shown.every((own: Partial<Shown>) => Number.isInteger(own?.pair) && pairs[own.pair!] !== undefined)
  );
};

/** A session that was kept as text; undefined where it is none of this version. */
export const readSession = (text: string): ClickSession | undefined => {
  try {
    const given = JSON.parse(text) as ClickSession;
    const whole =
      given.version === 1 && isRound(given.first) && (given.blind === null || isRound(given.blind));
    return whole ? given : undefined;
  } catch {
    return undefined;
  }
};
