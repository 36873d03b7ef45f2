/** Trees of transitions: the policy walks from noise to image, and at some steps its next states are compared. */
import type { PipelineContext } from '../../search/pipeline';
import type { Tensor2D } from '../../tf';
import { readFloats, tf } from '../../tf';
import type { PreferenceTree } from '../../tree/tree';
import { askedFor, stateAt } from '../images';
import { split } from '../measure';
import { grid, IMAGE, STEPS, transition } from '../net/schedule';
import type { Judge } from '../pipeline';
import { stack } from '../scorer';
import type { Condition } from '../world/condition';
import { SIZE } from '../world/draw';
import { ofImages } from './from-pool';
import type { PreferenceParams } from './preference-params';
import { begin, drawNext, ETA, judged, judgeOf, nextMeans } from './walking';

/** Steps that TailorPO trains at, as places in the grid: t = 20, 16, 12, 8 and 4 of 20. */
export const TAILORED = [0, 4, 8, 12, 16];

/**
 * States moved up the slope of the reward by `shift` (root mean square), each kept only where its reward rises.
 * @returns the states, and what share of them moved
 */
const pushed = async (
  judge: Judge,
  states: readonly Float32Array[],
  t: number,
  conditions: readonly Condition[],
  shift: number,
): Promise<{ states: Float32Array[]; moved: boolean[] }> => {
  const slope = tf.tidy(() => tf.grad((x) => tf.sum(judge(x as Tensor2D, t, conditions)))(stack(states)));
  const slopes = split(await readFloats(slope));
  slope.dispose();
  const tried = states.map((state, k) => {
    const size = Math.sqrt(slopes[k]!.reduce((sum, g) => sum + g * g, 0) / SIZE);
    return size > 0 ? state.map((x, j) => x + (shift * slopes[k]![j]!) / size) : state;
  });
  const [before, after] = [
    await judged(judge, states, t, conditions),
    await judged(judge, tried, t, conditions),
  ];
  const moved = states.map((_, k) => after[k]! > before[k]!);
  return { states: states.map((state, k) => (moved[k] ? tried[k]! : state)), moved };
};

/** The next states of one state, two of them compared. */
const transitionTree = (
  id: string,
  condition: Condition,
  i: number,
  from: Float32Array,
  [chosen, rejected]: readonly [
    { state: Float32Array; reward: number; moved?: boolean },
    { state: Float32Array; reward: number },
  ],
): PreferenceTree => {
  const [t, p] = [grid[i]!, grid[i + 1]!];
  const next = ({ state, reward, moved }: { state: Float32Array; reward: number; moved?: boolean }) =>
    stateAt(p, state, {
      parent: 1,
      labels: { reward, ...(moved !== undefined && { moved: moved ? 1 : 0 }) },
    });
  return {
    id,
    nodes: [askedFor(condition), stateAt(t, from, { scored: false }), next(chosen), next(rejected)],
    responses: [
      { leaf: 2, score: chosen.reward },
      { leaf: 3, score: rejected.reward },
    ],
    comparisons: [{ chosen: 0, rejected: 1, margin: chosen.reward - rejected.reward }],
  };
};

/** How the walks of a round compare and go on. */
export interface WalkPlan {
  /** Places in the grid at which next states are compared. */
  at: readonly number[];
  /** Next states that are drawn there, of which the best and the worst are compared. */
  pool: number;
  /** Least gap of the two in reward. */
  gap: number;
  goOnFrom: 'winner' | 'any';
}

/** Walks go through the network together. */
const TOGETHER = 64;

/** One comparison at each chosen step of each walk: the best against the worst of some next states of the same state. */
export async function* sharedStarts(
  context: PipelineContext,
  params: PreferenceParams,
  { at, pool, gap, goOnFrom }: WalkPlan,
): AsyncGenerator<PreferenceTree> {
  const images = ofImages(context);
  const scale = await images.scale();
  const walks = Math.max(1, Math.round(context.count / at.length));
  const { guidance } = images;
  for (let first = 0; first < walks; first += TOGETHER) {
    await images.between();
    const count = Math.min(TOGETHER, walks - first);
    const trees = await images.withPolicy(async (net, preferring) => {
      const judge = preferring ?? judgeOf(net, params, scale);
      const made: PreferenceTree[] = [];
      const own = begin(net, context.rng, count, first, 1);
      for (let i = 0; i <= Math.max(...at); i++) {
        const means = await nextMeans(own, i);
        if (!at.includes(i)) {
          own.x = drawNext(means, i, own.rngs, 1).map(([state]) => state!);
          continue;
        }
        const drawn = drawNext(means, i, own.rngs, pool);
        const p = grid[i + 1]!;
        const each = own.conditions.flatMap((condition) => Array.from({ length: pool }, () => condition));
        const rewards = await judged(judge, drawn.flat(), p, each);
        const rewardAt = (k: number, j: number) => rewards[k * pool + j]!;
        const places = Array.from({ length: pool }, (_, j) => j);
        const best = drawn.map((_, k) => places.reduce((a, b) => (rewardAt(k, b) > rewardAt(k, a) ? b : a)));
        const worst = drawn.map((_, k) => places.reduce((a, b) => (rewardAt(k, b) < rewardAt(k, a) ? b : a)));
        const winners = drawn.map((states, k) => states[best[k]!]!);
        const { sigma } = transition(grid[i]!, p, ETA);
        const guided = guidance
          ? await pushed(judge, winners, p, own.conditions, guidanceAt(guidance, i) * sigma)
          : undefined;
        drawn.forEach((states, k) => {
          const [high, low] = [rewardAt(k, best[k]!), rewardAt(k, worst[k]!)];
          if (!(high - low > gap)) return; // ties teach nothing
          const won = {
            state: guided?.states[k] ?? winners[k]!,
            reward: high,
            ...(guided && { moved: guided.moved[k]! }),
          };
          made.push(
            transitionTree(`walk/${first + k}/${grid[i]}`, own.conditions[k]!, i, own.x[k]!, [
              won,
              { state: states[worst[k]!]!, reward: low },
            ]),
          );
        });
        own.x = drawn.map((states, k) =>
          goOnFrom === 'winner' ? winners[k]! : states[own.rngs[k]!.int(pool)]!,
        );
      }
      return made;
    });
    context.progress(first + count, `${first + count} of ${walks} walks`);
    yield* trees;
  }
}

/** The shift at a step, in units of its noise: along a cosine from the least at the noise to the greatest at the image. */
const guidanceAt = ([low, high]: readonly [number, number], i: number): number =>
  low + (high - low) * 0.5 * (1 - Math.cos((Math.PI * i) / (STEPS - 1)));

/** Two walks of their own for each condition; the reward of the two images says which is preferred at every chosen step. */
export async function* wholeWalks(
  context: PipelineContext,
  params: PreferenceParams,
  at: readonly number[],
): AsyncGenerator<PreferenceTree> {
  const images = ofImages(context);
  const scale = await images.scale();
  const pairs = Math.max(1, Math.round(context.count / at.length));
  const together = TOGETHER / 2;
  for (let first = 0; first < pairs; first += together) {
    await images.between();
    const count = Math.min(together, pairs - first);
    const trees = await images.withPolicy(async (net) => {
      const own = begin(net, context.rng, 2 * count, 2 * first, 2);
      const kept = new Map<number, { from: Float32Array[]; to: Float32Array[] }>();
      for (let i = 0; i < STEPS; i++) {
        const means = await nextMeans(own, i);
        const next = grid[i + 1] === IMAGE ? means : drawNext(means, i, own.rngs, 1).map(([state]) => state!);
        if (at.includes(i)) kept.set(i, { from: own.x, to: next });
        own.x = next;
      }
      const rewards = await judged(judgeOf(net, params, scale), own.x, IMAGE, own.conditions);
      return Array.from({ length: count }, (_, k) => k).flatMap((k) => {
        const [a, b] = [2 * k, 2 * k + 1];
        if (rewards[a] === rewards[b]) return [];
        const [w, l] = rewards[a]! > rewards[b]! ? [a, b] : [b, a];
        return at.map((i): PreferenceTree => {
          const { from, to } = kept.get(i)!;
          const [t, p] = [grid[i]!, grid[i + 1]!];
          return {
            id: `walks/${first + k}/${t}`,
            nodes: [
              askedFor(own.conditions[w]!),
              stateAt(t, from[w]!, { scored: false }),
              stateAt(t, from[l]!, { scored: false }),
              stateAt(p, to[w]!, { parent: 1, labels: { reward: rewards[w]! } }),
              stateAt(p, to[l]!, { parent: 2, labels: { reward: rewards[l]! } }),
            ],
            responses: [
              { leaf: 3, score: rewards[w]! },
              { leaf: 4, score: rewards[l]! },
            ],
            comparisons: [{ chosen: 0, rejected: 1, margin: rewards[w]! - rewards[l]! }],
          };
        });
      });
    });
    context.progress(first + count, `${2 * (first + count)} of ${2 * pairs} walks`);
    yield* trees;
  }
}
