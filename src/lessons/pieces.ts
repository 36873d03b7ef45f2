/** What steps of several lessons are made of. */
import { percent } from '../ui/format';
import type { Ask, Bar, Given, Live, LiveRun, Rich, Step, TextLine, View } from './lesson';
import { armsOf, lastOf, live, pairedSide, pairedWords, share } from './read';

/** Where one thing lies beside another; open is no difference beyond chance. */
export type Side = 'less' | 'open' | 'more';

interface SideWords {
  less: Rich;
  open?: Rich;
  more: Rich;
}

/** Asks for a side; the options stand in the order in which they are given. */
export const sideAsk = (words: SideWords, truth: (all: Live) => Side | undefined): Ask => ({
  kind: 'choice',
  options: Object.entries({ ...words, open: words.open ?? 'no difference beyond chance' })
    .sort(([a], [b]) => sides.indexOf(a as Side) - sides.indexOf(b as Side))
    .map(([value, text]) => ({ value, text })),
  truth,
});
const sides: readonly Side[] = ['less', 'open', 'more'];

/** Of the second arm beside the first. */
export const raceSide =
  (name: string) =>
  (all: Live): Side | undefined => {
    const [a, b] = armsOf(all, name);
    return a && b && pairedSide(a, b);
  };

interface Raced {
  arms: readonly [LiveRun, LiveRun];
  /** Shares of held-out problems solved at the end. */
  solved: readonly [Rich, Rich];
  /** Their paired difference with its interval. */
  words: Rich;
  side: Side;
}

/** Two arms at their end; undefined while they are not there. */
export const racedOf = (all: Live, name: string): Raced | undefined => {
  const [a, b] = armsOf(all, name);
  const [x, y, words] = [a && lastOf(a), b && lastOf(b), a && b && pairedWords(a, b)];
  if (!a || !b || !x || !y || !words) return undefined;
  return {
    arms: [a, b],
    solved: [share(x.accuracy), share(y.accuracy)],
    words,
    side: pairedSide(a, b) ?? 'open',
  };
};

/** Asks which arm of a race solves more, shows it, and says how it went. */
export const raceStep = (
  run: Extract<Step['run'], { arms?: unknown }>,
  title: string,
  ask: SideWords,
  reply: (raced: Raced) => Rich,
): Pick<Step, 'ask' | 'run' | 'show' | 'reply'> => ({
  ask: sideAsk(ask, raceSide(run.name)),
  run,
  show: [{ view: 'race', title, run: run.name }],
  reply: (all) => {
    const raced = racedOf(all, run.name);
    return raced && reply(raced);
  },
});

/** " You said {40 %}." */
export const youSaid = (given: Given | undefined, unit = ''): Rich =>
  given === undefined ? '' : ` You said ${live(unit ? `${given} ${unit}` : given)}.`;

/** Two bars of a share. */
export const beforeAndNow = (
  label: string,
  found: { before: number; now: number } | undefined,
  digits = 0,
): Bar[] =>
  found
    ? [
        {
          label: `${label}, before`,
          value: found.before,
          text: percent(found.before, digits),
          color: '--ink-quiet',
        },
        { label: `${label}, now`, value: found.now, text: percent(found.now, digits), color: '--rubric' },
      ]
    : [];

const right = (lines: readonly string[]): TextLine[] => lines.map((text) => ({ text, mark: 'right' }));

/** The pair that lessons begin with: a right answer, and one that forgets a borrowed ten. */
export const firstPair = (rejected: readonly TextLine[], more: { early?: true } = {}): View => ({
  view: 'texts',
  title: 'A pair',
  ...more,
  of: () => [
    { heading: 'Preferred', lines: right(['24*8=192', '192*2=384', '384-39=345', 'A:345']) },
    { heading: 'Rejected', lines: rejected },
  ],
});
