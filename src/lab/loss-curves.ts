/**
 * Every loss of two answers as a curve over the margin, by the objectives that train.
 *
 *   h = S_w - S_l, spread over both sides, or on one alone                                                   (1)
 *   push = (dL/dS_l - dL/dS_w) / 2: how hard a step widens the margin                                        (2)
 */
import type { Method } from '../methods/method';
import { choice, number } from '../methods/params';
import { defineLab, type LabFigure, LabParamsError } from './lab';
import { spaced } from './maths';
import { pairMethods, pairObjective } from './pair-objective';

const shares = { both: [0.5, 0.5], chosen: [1, 0], rejected: [0, 1] } as const;

/** Loss and push of a method at margins. */
export const curveOf = async (
  method: Method,
  margins: readonly number[],
  { reference, tokens, side }: { reference: number; tokens: number; side: keyof typeof shares },
): Promise<{ loss: number[]; push: number[]; byChosen: number[]; byRejected: number[] }> => {
  const answer = { reference, tokens };
  const at = pairObjective(method, {}, [answer, answer], [{ chosen: 0, rejected: 1 }]);
  const curve = {
    loss: [] as number[],
    push: [] as number[],
    byChosen: [] as number[],
    byRejected: [] as number[],
  };
  for (const h of margins) {
    const [up, down] = shares[side];
    const { loss, gradient } = await at([reference + up * h, reference - down * h]);
    const [byChosen, byRejected] = [gradient[0]!, gradient[1]!];
    curve.loss.push(loss);
    curve.byChosen.push(byChosen);
    curve.byRejected.push(byRejected);
    curve.push.push((byRejected - byChosen) / 2); // (2)
  }
  return curve;
};

const groups = {
  few: 'a few that differ',
  one: 'one, named below',
  pairwise: 'the pairwise chapter',
  all: 'all',
} as const;
const few = ['dpo', 'ipo', 'simpo', 'hinge', 'cal-dpo', 'orpo'];

export const lossCurves = defineLab({
  id: 'loss-curves',
  name: 'Losses as curves',
  paper: { title: 'The catalogue’s own papers', year: 2023 },
  summary:
    'One pair, and a margin that runs from “wrong way round” to “far apart”: what is the loss, and how hard does it push?',
  notes: [
    'Losses of different methods have different units; each has a chart of its own, and heights do not compare.',
    'What else a method reads is neutral: a guide equals the reference, answers are equally long, scores are 2 and 1, a reward model’s margin is 1, and EOS has log-prob -3 everywhere.',
    'Losses that look at the whole batch (AOT, beta-DPO, Dr. DPO) see a batch of one pair.',
    'In float32, as in training.',
  ],
  params: {
    losses: choice({
      label: 'losses',
      help: 'Which losses are drawn.',
      options: groups,
      default: 'few',
      from: 'ours',
    }),
    method: choice({
      label: 'method',
      help: 'Which one, where it is one.',
      options: Object.fromEntries(pairMethods.map(({ id, name }) => [id, name])),
      default: 'dpo',
      from: 'ours',
    }),
    side: choice({
      label: 'side',
      help: 'Whose log-probs make the margin.',
      options: {
        both: 'both, half each',
        chosen: 'the chosen answer alone',
        rejected: 'the rejected answer alone',
      },
      default: 'both',
      from: 'ours',
    }),
    reach: number({
      label: 'reach',
      help: 'Largest margin in nats, either way.',
      min: 0.5,
      max: 60,
      default: 40,
      from: 'ours',
    }),
    tokens: number({
      label: 'tokens',
      help: 'Tokens of each answer; means and sums differ by it.',
      min: 1,
      max: 64,
      integer: true,
      default: 4,
      from: 'ours',
    }),
    reference: number({
      label: 'reference',
      help: 'Log-prob of each answer under the reference, in nats; at least as far below 0 as the reach.',
      min: -200,
      max: -0.5,
      default: -40,
      from: 'ours',
    }),
  },
  async run({ losses, method, side, reach, tokens, reference }, { tick }) {
    if (reference + reach > 0) {
      throw new LabParamsError(
        `reference: is ${reference}, and a margin of ${reach} nats on one side would make an answer likelier than certain; use at most ${-reach}`,
      );
    }
    const wanted = pairMethods.filter(
      ({ id, chapter }) =>
        losses === 'all' ||
        (losses === 'few' && few.includes(id)) ||
        (losses === 'one' && id === method) ||
        (losses === 'pairwise' && chapter === 'pairwise'),
    );
    const margins = spaced(-reach, reach, 33);
    const figures: LabFigure[] = [];
    const numbers: Record<string, number> = {};
    const bounded: string[] = [];
    for (const [i, each] of wanted.entries()) {
      const { loss, push } = await curveOf(each, margins, { reference, tokens, side });
      const zero = margins.indexOf(0);
      const stops = margins.findIndex(
        (h, k) => h > 0 && Math.abs(push[k]!) <= 1e-3 * Math.max(...push.map(Math.abs)),
      );
      const turns = push.findIndex((p, k) => k > 0 && p < -1e-9 && push[k - 1]! >= 0);
      numbers[`loss at 0/${each.id}`] = loss[zero]!;
      numbers[`push at 0/${each.id}`] = push[zero]!;
      if (turns >= 0) bounded.push(each.name);
      const end =
        turns >= 0
          ? `it pushes back from a margin of about ${margins[turns]!.toFixed(1)} on`
          : stops >= 0
            ? `it hardly pushes from ${margins[stops]!.toFixed(1)} on`
            : `at ${reach} it still pushes by ${push.at(-1)!.toPrecision(2)}`;
      figures.push({
        id: each.id,
        title: each.name,
        xAxis: 'margin, nats',
        yAxis: 'loss and push',
        series: [
          { label: 'loss', x: margins, y: loss },
          { label: 'push', x: margins, y: push },
        ],
        sentence: `At margin 0 the loss is ${loss[zero]!.toPrecision(3)} and pushes by ${push[zero]!.toPrecision(3)}; ${end}.`,
      });
      await tick(i + 1, wanted.length);
    }
    return {
      says: [
        `${wanted.length} ${wanted.length === 1 ? 'loss' : 'losses'}. ${bounded.length > 0 ? `${bounded.join(', ')} push${bounded.length === 1 ? 'es' : ''} back where the margin is large; what is left only pushes on.` : 'None pushes back within this reach.'}`,
      ],
      numbers,
      figures,
    };
  },
});
