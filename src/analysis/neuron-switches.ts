import { flag, number } from '../methods/params';
import { defineAnalysis } from './analysis';
import { habitBars, neuronDynamics } from './neuron-dynamics';
import { type GroupName, groupNames } from './neuron-groups';
import { answersUnder, measured, observationParams, observeNeurons } from './neuron-observation';

/** Answers that are shown. */
const examples = 8;

const patch = (name: GroupName, what: string) =>
  flag({ label: `${name} patched`, help: `Neurons that ${what}.`, default: false, from: 'ours' });

/** Parameter of each group. */
const switches = { tp: 'TP-', an: 'AN-', tn: 'TN+', ap: 'AP+' } as const satisfies Record<string, GroupName>;

export const neuronSwitches = defineAnalysis({
  id: 'neuron-switches',
  name: 'Switch neurons yourself',
  paper: neuronDynamics.paper,
  summary:
    'Ablate neurons of the model before training, or give groups of them what training made of them, and see how its answers change.',
  notes: neuronDynamics.notes.slice(1),
  params: {
    ablate: number({
      label: 'ablated',
      help: 'Share of all neurons, those nearest to the probe first, that is held at 0.',
      min: 0,
      max: 1,
      default: 0.05,
      from: 'ours',
    }),
    tp: patch('TP-', 'write the habit, and do so less after training'),
    an: patch('AN-', 'write it by a negative activation, and do so less'),
    tn: patch('TN+', 'write against it by a negative activation, and do so more'),
    ap: patch('AP+', 'write against it, and do so more'),
    ...observationParams,
  },
  async run(run, { ablate, tp, an, tn, ap, problems, how, ...settings }, hooks) {
    const total = 9;
    let done = 0;
    const beat = () => hooks.tick(done, total);
    const observation = await observeNeurons(run, settings, hooks, beat);
    const on = { tp, an, tn, ap };
    const patched = (Object.keys(switches) as (keyof typeof switches)[]).filter((key) => on[key]);
    const groups = groupNames.filter((name) => patched.some((key) => switches[key] === name));
    const conditions = [
      { label: 'before', what: { ablate: 0, patch: [], how } },
      { label: 'with the switches', what: { ablate, patch: groups, how } },
      { label: 'after training', what: 'after training' as const },
    ];
    done = 6;
    const answers: Awaited<ReturnType<typeof answersUnder>>[] = [];
    for (const { what } of conditions) {
      await beat();
      answers.push(await answersUnder(run, observation, what, problems, hooks));
      done++;
    }
    const { property } = observation;
    const results = conditions.map(({ label }, i) => measured(run, label, property, answers[i]!));
    const [start, now, end] = results;
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    const switched = [
      ...(ablate > 0 ? [`${percent(ablate)} of the neurons ablated`] : []),
      ...(groups.length > 0 ? [`${groups.join(', ')} patched`] : []),
    ].join(' and ');
    return {
      says: [
        switched
          ? `With ${switched}, ${percent(now!.share)} of the answers are ${property.name}: before it was ${percent(start!.share)}, after training ${percent(end!.share)}.`
          : `Nothing is switched: ${percent(start!.share)} of the answers are ${property.name}, after training ${percent(end!.share)}.`,
        `Solved: before ${percent(start!.solved)}, now ${percent(now!.solved)}, after training ${percent(end!.solved)}.`,
      ],
      numbers: Object.fromEntries(
        results.flatMap(({ label, share, solved }) => [
          [`habit/${label}`, share],
          [`solved/${label}`, solved],
        ]),
      ),
      figures: [
        habitBars(property, results),
        {
          kind: 'texts',
          id: 'answers',
          title: 'What it answers',
          columns: conditions.map(({ label }) => label),
          rows: answers[0]!.slice(0, examples).map(({ problem }, i) => ({
            prompt: problem.prompt,
            texts: answers.map((own) => own[i]!.text),
          })),
          sentence: `The first ${Math.min(examples, answers[0]!.length)} of ${problems} held-out problems, drawn with the same random numbers.`,
        },
      ],
    };
  },
});
