/**
 * What moves in the MLPs when a habit is unlearned: are a few neurons that write it silenced, or do many shift a little?
 *
 *   probe       logistic regression on the mean final hidden state of an answer, towards the habit: W        (1)
 *   projection  of neuron i: mean over prompts and answer tokens of m_i (v_i . W) / |W|                      (2)
 *   ablate      the neurons nearest to W by cosine are held at 0
 *   patch       a group's neurons are held at their mean after training, or moved by the mean change         (3)
 *
 *   m_i  what enters the down projection     v_i  value vector, a column of it     groups: neuron-groups.ts
 *
 * Source: Yang, Wang, Sondej, Mayne and Mahdi 2024 (v1 of 2411.06424); Yushi-Y/dpo-toxic-neurons.
 */
import type { LabBars, LabFigure } from '../lab/lab';
import { number } from '../methods/params';
import { defineAnalysis } from './analysis';
import type { Property } from './answers';
import { neuronCard } from './cards';
import { cumulativeFall, type GroupName, groupNames, shiftOf } from './neuron-groups';
import type { Intervention, Measured } from './neuron-observation';
import { answersUnder, measured, observationParams, observeNeurons } from './neuron-observation';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const groupWords: Record<GroupName, string> = {
  'TP-': 'write it, now less',
  'AN-': 'write it by a negative activation, now less',
  'TN+': 'write against it by a negative activation, now more',
  'AP+': 'write against it, now more',
};

/** How often answers have a property under each of several conditions. */
export const habitBars = (property: Property, all: readonly Measured[]): LabBars => ({
  kind: 'bars',
  id: 'interventions',
  title: `Answers that are ${property.name}`,
  axis: 'share of answers',
  shares: true,
  bars: all.map(({ label, share, interval, solved, count }) => ({
    label,
    value: share,
    low: interval[0],
    high: interval[1],
    note: `${percent(solved)} solved, ${count} answers`,
  })),
  sentence: `${all.map(({ label, share }) => `${label} ${percent(share)}`).join('; ')}.`,
});

/** Everything that is tried on the model of before. */
const interventions = (ablate: number, how: 'hold' | 'shift'): { label: string; what: Intervention }[] => {
  const first = (n: number) => groupNames.slice(0, n);
  const patched = (patch: readonly GroupName[]) => ({
    label: `${patch.join(', ')} patched`,
    what: { ablate: 0, patch, how },
  });
  return [
    { label: 'before', what: { ablate: 0, patch: [], how } },
    ...[ablate / 10, ablate / 2, ablate].map((share) => ({
      label: `top ${percent(share)} ablated`,
      what: { ablate: share, patch: [], how },
    })),
    ...groupNames.map((name) => patched([name])),
    ...[2, 3, 4].map((n) => patched(first(n))),
  ];
};

export const neuronDynamics = defineAnalysis({
  ...neuronCard,
  params: {
    ...observationParams,
    ablate: number({
      label: 'ablated',
      help: 'Largest share of neurons that is held at 0; a tenth and a half of it are tried as well.',
      min: 0.001,
      max: 1,
      scale: 'log',
      default: 0.1,
      from: 'ours',
    }),
  },
  async run(run, { problems, how, ablate, ...settings }, hooks) {
    const tried = interventions(ablate, how);
    // An observation takes about as long as six interventions.
    const total = 6 + tried.length + 1;
    let done = 0;
    const beat = () => hooks.tick(done, total);
    const observation = await observeNeurons(run, settings, hooks, beat);
    done = 6;
    const { property, neurons, states, length, withProperty } = observation;
    const results: Measured[] = [];
    for (const { label, what } of [...tried, { label: 'after training', what: 'after training' as const }]) {
      await beat();
      const answers = await answersUnder(run, observation, what, problems, hooks);
      results.push(measured(run, label, property, answers));
      done++;
    }
    await beat();
    const shift = shiftOf(neurons);
    const { groups } = shift;
    const curve = cumulativeFall(neurons);
    const half = Math.max(
      0,
      curve.findIndex((share) => share >= 0.5),
    );
    const [start, end] = [results[0]!, results.at(-1)!];
    const fall = start.share - end.share;
    const best = results.slice(1, 4).reduce((a, b) => (b.share < a.share ? b : a));
    const all = results.at(-2)!;
    const partOf = ({ share }: Measured) => percent((start.share - share) / fall);
    const figures: LabFigure[] = [
      habitBars(property, results),
      {
        kind: 'bars',
        id: 'groups',
        title: 'Who lowers the projection',
        axis: 'share of the gross fall',
        shares: true,
        bars: groupNames.map((name) => ({
          label: name,
          value: groups[name].share,
          note: `${groups[name].neurons} neurons ${groupWords[name]}`,
        })),
        sentence: `${groupNames.map((name) => `${name} ${percent(groups[name].share)} by ${groups[name].neurons} neurons`).join('; ')}.`,
      },
      {
        id: 'cumulative',
        title: 'How many neurons it takes',
        xAxis: 'neurons, the largest fall first',
        yAxis: 'part of the gross fall',
        series: [{ label: 'part of the fall', x: curve.map((_, i) => i), y: curve }],
        sentence: `Half of the gross fall comes from ${half} of ${neurons.length} neurons.`,
      },
    ];
    return {
      says: [
        `Before training ${percent(start.share)} of the answers are ${property.name}, after it ${percent(end.share)}.`,
        fall <= 0
          ? 'Training did not lower it, so there is nothing to emulate here.'
          : `The best ablation brings it to ${percent(best.share)} (${partOf(best)} of the fall), all four groups patched to ${percent(all.share)} (${partOf(all)}).`,
        `${percent(shift.wrongWay)} of the ${neurons.length} neurons move the wrong way; TP- makes up ${percent(groups['TP-'].share)} of the gross fall.`,
        `The probe ranks ${percent(states.area)} of unseen pairs of answers right, length alone ${percent(length.area)}.`,
      ],
      numbers: {
        'probe/auc': states.area,
        'probe/accuracy': states.accuracy,
        'probe/auc, length alone': length.area,
        'texts with the habit': withProperty,
        'projection/before': shift.before,
        'projection/after': shift.after,
        'gross fall': shift.gross,
        'gross rise': -shift.raised,
        'wrong way': shift.wrongWay,
        'neurons for half of the fall': half,
        ...Object.fromEntries(
          groupNames.flatMap((name) => [
            [`share/${name}`, groups[name].share],
            [`neurons/${name}`, groups[name].neurons],
          ]),
        ),
        ...Object.fromEntries(
          results.flatMap(({ label, share, solved }) => [
            [`habit/${label}`, share],
            [`solved/${label}`, solved],
          ]),
        ),
      },
      figures,
    };
  },
});
