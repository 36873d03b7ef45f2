/**
 * Are labels of single steps of denoising true? Two next states of one state are each carried on to the image many times.
 *
 *   truth      order of the mean rewards of those images
 *   agreement  share of pairs, weighted by the gap of those means, on which a label says the same           (1)
 *
 * Labels: the reward of the image that a state stands for (TailorPO, and SPO here), the step-aware model where the run has one (SPO), and
 * the reward of one final image (D3PO).
 *
 * Source: the motive of Liang et al. 2024, and Ren et al. 2025; the measure is ours.
 */
import { measureAgreement } from '../diffusion/label-agreement';
import { preferenceFrom, preferenceParamsOf } from '../diffusion/make/preference-params';
import { judgeOf, preferenceJudge } from '../diffusion/make/walking';
import { measureScale, SCALE_LISTS } from '../diffusion/measure';
import type { Denoiser } from '../diffusion/net/denoiser';
import { preferenceOf } from '../diffusion/world/preference';
import { number } from '../methods/params';
import type { Tensor } from '../tf';
import { tf, uploadKept } from '../tf';
import { createRng } from '../util/rng';
import { wilson } from '../util/wilson';
import { AnalysisError, defineAnalysis } from './analysis';
import { agreementCard } from './cards';

const percent = (share: number) => `${Math.round(100 * share)} %`;

export const labelAgreement = defineAnalysis({
  ...agreementCard,
  draws: true,
  params: {
    pairs: number({
      label: 'pairs',
      help: 'Of next states, at each of five steps.',
      min: 8,
      max: 512,
      integer: true,
      default: 48,
      from: 'ours',
    }),
    continuations: number({
      label: 'futures',
      help: 'Images that each of the two is carried on to; more make the truth truer.',
      min: 1,
      max: 64,
      integer: true,
      default: 6,
      from: 'ours',
    }),
  },
  async run(run, { pairs, continuations }, { seed, tick }) {
    const { denoiser } = run.model;
    if (!denoiser) throw new AnalysisError('The open run writes text; open one of a model that draws.');
    const params = preferenceParamsOf(run.document.data.source?.params ?? {});
    const model = run.judge === undefined ? undefined : await run.weightsOf(run.judge);
    const found = await run.withModel('policy', async (network) => {
      const net: Denoiser = {
        config: denoiser.config,
        weights: network.weights as ReadonlyMap<string, Tensor>,
      };
      const judge = new Map(
        [...(model ?? [])].map(([name, { shape, data }]) => [name, uploadKept(data, [...shape])]),
      );
      const scale = denoiser.scale ?? (await measureScale(net, SCALE_LISTS, async () => undefined));
      try {
        return await measureAgreement(net, {
          pairs,
          continuations,
          rng: createRng(seed).fork('agreement'),
          reward: (x, _, conditions) => preferenceOf(preferenceFrom(params), x, conditions, scale),
          labels: {
            step: judgeOf(net, params, scale),
            ...(model && { model: preferenceJudge(net, { weights: judge }) }),
          },
          tick,
        });
      } finally {
        tf.dispose([...judge.values()]);
      }
    });
    const lines = [
      { label: 'the image a step stands for', of: (k: number) => found[k]!.labels['step']! },
      ...(model ? [{ label: 'the step-aware model', of: (k: number) => found[k]!.labels['model']! }] : []),
      { label: 'one final image', of: (k: number) => found[k]!.final },
    ];
    const x = found.map((_, k) => k + 1);
    const bounds = ({ share, worth }: { share: number; worth: number }) => wilson(share * worth, worth);
    const mean = (of: (k: number) => { share: number }) =>
      found.reduce((sum, _, k) => sum + of(k).share, 0) / found.length;
    const [step, final] = [mean(lines[0]!.of), mean(lines.at(-1)!.of)];
    const ofModel = model && `, the step-aware model in ${percent(mean(lines[1]!.of))}`;
    return {
      says: [
        `Over five steps the reward of the image that a state stands for agrees with the true order in ${percent(step)} of the weight${ofModel ?? ''}, the reward of one final image in ${percent(final)}. Half is chance.`,
      ],
      numbers: Object.fromEntries(
        found.flatMap(({ t, labels, final: one }) => [
          ...Object.entries(labels).map(([name, { share }]) => [`${name}/${t}`, share] as const),
          [`final/${t}`, one.share],
        ]),
      ),
      figures: [
        {
          id: 'agreement',
          title: 'Agreement with the true order',
          xAxis: `place of the step: t = ${found.map(({ t }) => t).join(', ')}`,
          yAxis: 'share',
          series: lines.map(({ label, of }) => ({
            label,
            x,
            y: x.map((_, k) => of(k).share),
            low: x.map((_, k) => bounds(of(k))[0]),
            high: x.map((_, k) => bounds(of(k))[1]),
          })),
          sentence: `${pairs} pairs at each step, each state carried on ${continuations} times; bands are 95 % intervals.`,
        },
      ],
    };
  },
});
