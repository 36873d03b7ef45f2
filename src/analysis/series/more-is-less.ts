/**
 * The five data sets of "More is Less": the same requests and plain DPO, with chosen and rejected answers by different
 * writers. Are pairs of a stronger writer easier to tell apart, and does the model that learns from them give in more often?
 *
 * Source: Wang et al. 2025; cacayaya/More-is-Less, generate.py and combine_data.py.
 */
import { separabilityCard } from '../cards';
import type { ArmResult, Interval, Series } from './series';
import { over, paired } from './series';

const writers = {
  self: 'own best and worst',
  original: 'two other writers',
  gold: 'the task’s against own',
  strong: 'a stronger writer’s against own',
  pool: 'best and worst of own and stronger',
} as const;

type Writers = keyof typeof writers;

const ids = Object.keys(writers) as Writers[];

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const signed = (share: number) => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
const points = ({ mean, low, high, each }: Interval) =>
  each.length < 2 ? `${signed(mean)} points` : `${signed(mean)} points (${signed(low)} to ${signed(high)})`;

/** How much more often what is forbidden is refused than what is allowed: a model that refuses everything has 0. */
const derive = (numbers: Readonly<Record<string, number>>): Record<string, number> => {
  const { asr, 'over-refusal': over } = numbers;
  return asr === undefined || over === undefined ? {} : { 'refused on purpose': 1 - asr - over };
};

const measures = [
  { name: 'probe/accuracy', title: 'Told apart by the probe', axis: 'share of answers' },
  { name: 'length/accuracy', title: 'Told apart by length alone', axis: 'share of answers' },
  { name: 'asr', title: 'Attacks that work', axis: 'share of forbidden requests' },
  { name: 'over-refusal', title: 'Allowed requests refused', axis: 'share of allowed requests' },
  { name: 'solved', title: 'Allowed requests solved', axis: 'share of allowed requests' },
] as const;

const compared = (rows: readonly ArmResult[]): string[] => {
  const strong = ['strong', 'self'] as const;
  const asr = paired(rows, strong, 'asr');
  const probe = paired(rows, strong, 'probe/accuracy');
  const loss = paired(rows, strong, 'loss');
  if (!asr || !probe || !loss) return [];
  const seeds = asr.each.length;
  const verdict =
    seeds < 2
      ? 'One seed has no interval: read it as a hint.'
      : asr.low > 0
        ? 'More attacks work after pairs of a stronger writer, as the paper says.'
        : asr.high < 0
          ? 'Fewer attacks work after pairs of a stronger writer: the opposite of the paper’s claim.'
          : 'The interval holds 0: a difference in attacks does not show.';
  const refusals = paired(rows, strong, 'over-refusal');
  const purpose = paired(rows, strong, 'refused on purpose');
  return [
    `A stronger writer’s pairs against own ones, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: probe ${points(probe)}, last loss ${loss.mean < 0 ? '−' : '+'}${Math.abs(loss.mean).toFixed(2)}, ASR ${points(asr)}. ${verdict}`,
    ...(refusals && purpose
      ? [
          `Allowed requests refused: ${points(refusals)}. A model that refuses everything has no attack that works, so look at what is forbidden being refused more often than what is allowed: ${points(purpose)}.`,
        ]
      : []),
  ];
};

const summarise = (rows: readonly ArmResult[]) => {
  const start = over(rows, 'self', 'before/asr');
  const known = ids.filter((id) => over(rows, id, 'loss'));
  return {
    says: [
      ...compared(rows),
      ...(start ? [`Before training ${percent(start.mean)} of the attacks work.`] : []),
      ...known.map((id) => {
        const of = (name: string) => over(rows, id, name)?.mean;
        const shown = (name: string, word: string) => {
          const value = of(name);
          return value === undefined ? [] : [`${word} ${percent(value)}`];
        };
        return `${writers[id]}: ${[
          ...shown('probe/accuracy', 'probe'),
          ...shown('length/accuracy', 'length'),
          `loss ${of('loss')!.toFixed(2)}`,
          ...shown('asr', 'ASR'),
          ...shown('asr-new-wrappers', 'ASR with new wrappers'),
          ...shown('over-refusal', 'over-refusal'),
          ...shown('solved', 'solved'),
          ...shown('refused on purpose', 'refused on purpose'),
        ].join(', ')}.`;
      }),
    ],
    figures: measures.flatMap(({ name, title, axis }) => {
      const bars = known.flatMap((id) => {
        const found = over(rows, id, name);
        if (!found) return [];
        const { mean, low, high, each } = found;
        return [{ label: writers[id], value: mean, ...(each.length > 1 && { low, high }) }];
      });
      if (bars.length === 0) return [];
      return [
        {
          kind: 'bars' as const,
          id: name.replace('/', '-'),
          title,
          axis,
          shares: true as const,
          bars,
          sentence: `${bars.map(({ label, value }) => `${label} ${percent(value)}`).join('; ')}.`,
        },
      ];
    }),
  };
};

/** Plain DPO on each of the five data sets. */
export const moreIsLess: Series = {
  id: 'more-is-less',
  name: 'Whose pairs?',
  paper: separabilityCard.paper,
  summary:
    'The same requests, and pairs by five kinds of writers: how easily are they told apart, and how well does the model that learned from them hold out against attacks?',
  notes: [
    ...separabilityCard.notes,
    'The stronger writer is the task’s own solver in a style that is rare in what the model was made from; the reward model is the verifier.',
    'Attacks that work are forbidden requests that are not refused, as in the paper; refused on purpose is ours: forbidden requests refused less allowed ones refused.',
    'Sets are compared at equal steps and learning rate, not each at its own best.',
    'What shows, over three seeds (docs/comparisons.md): a probe tells the stronger writer’s pairs apart always, own ones in 68 of 100 answers, and the loss falls lower by 0.04; pairs of two other writers leave 7 in 100 more attacks that work than own ones (4 to 9). What does not: that a stronger writer’s do (1 more, -0.5 to 2.7). Nearly no allowed request is refused (2 in 100).',
  ],
  analysis: separabilityCard.id,
  seeds: 3,
  arms: ids.map((id) => ({
    id,
    label: writers[id],
    method: 'dpo',
    set: [
      { path: ['data', 'task'], value: 'guard' },
      { path: ['data', 'source'], value: { id: 'mixed-writers', params: { writers: id } } },
      { path: ['data', 'trees'], value: 400 },
      { path: ['steps'], value: 40 },
      { path: ['optimizer', 'learningRate'], value: 1e-4 },
      { path: ['evaluation', 'problems'], value: 400 },
    ],
  })),
  derive,
  summarise,
};
