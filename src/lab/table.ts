/**
 * Three actions as a triangle: where a loss drives a policy from every point, by the objectives that train.
 *
 *   pi = softmax(theta), each action an answer of one token                                                  (1)
 *   dL/dtheta_k = G_k - pi_k sum G, G the derivative of the loss by log pi                                   (2)
 *   flow: dtheta/dt = -dL/dtheta, so dpi_k/dt = pi_k (dtheta_k/dt - sum pi dtheta/dt)                        (3)
 *   the path from a start goes along (3), at most `stride` nats of theta at a time, and so at no speed of its own
 */

import { methodById } from '../methods/index';
import type { Method } from '../methods/method';
import { choice, flag, number, type Params } from '../methods/params';
import { orders } from './ipo-against-dpo';
import { defineLab, LabParamsError } from './lab';
import { softmax } from './maths';
import { type LabComparison, pairMethods, pairObjective } from './pair-objective';

const stride = 0.12;
const pathSteps = 150;
/** Points of the grid lie at multiples of 1 / cells, none on an edge. */
const cells = 12;

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** -dL/dtheta (2) at a policy. */
type Flow = (policy: readonly number[]) => Promise<{ loss: number; drift: number[] }>;

export const flowOf = (
  method: Method,
  params: Params,
  reference: readonly number[],
  comparisons: readonly LabComparison[],
): Flow => {
  const at = pairObjective(
    method,
    params,
    reference.map((p) => ({ reference: Math.log(p), tokens: 1 })),
    comparisons,
  );
  return async (policy) => {
    const { loss, gradient } = await at(policy.map(Math.log));
    const sum = gradient.reduce((a, b) => a + b, 0);
    return { loss, drift: gradient.map((g, k) => policy[k]! * sum - g) };
  };
};

/** (3) */
export const velocity = (policy: readonly number[], drift: readonly number[]): number[] => {
  const mean = dot(policy, drift);
  return policy.map((p, k) => p * (drift[k]! - mean));
};

/** Policies along the flow, the start first; ends where the flow does. */
const follow = async (
  flow: Flow,
  start: readonly number[],
  tick: () => Promise<void>,
): Promise<number[][]> => {
  let theta = start.map(Math.log);
  const path = [[...start]];
  for (let s = 0; s < pathSteps; s++) {
    const policy = path.at(-1)!;
    const { drift } = await flow(policy);
    const size = Math.sqrt(dot(drift, drift));
    if (size < 1e-7) break;
    // Near a resting point the pull weakens: with steps of one length the path would jump about it.
    const ahead = await flow(softmax(theta.map((x, k) => x + (stride * drift[k]!) / size)));
    const along = dot(ahead.drift, drift) / size;
    const part = along >= 0 ? 1 : size / (size - along);
    theta = theta.map((x, k) => x + (part * stride * drift[k]!) / size);
    const next = softmax(theta);
    if (Math.min(...next) < 1e-6) break;
    path.push(next);
    if (part * stride < 1e-4) break;
    await tick();
  }
  return path;
};

const grid = (): number[][] => {
  const points: number[][] = [];
  for (let i = 1; i < cells; i++)
    for (let j = 1; i + j < cells; j++) points.push([i / cells, j / cells, (cells - i - j) / cells]);
  return points;
};

/** The smallest share that an action may have here. */
const least = 0.001;

export const table = defineLab({
  id: 'table',
  name: 'Three actions',
  paper: { title: 'The catalogue’s own papers', year: 2023 },
  summary:
    'A policy over three actions is a point in a triangle. Where does a loss drive it, and does it come to rest?',
  notes: [
    'Arrows show the direction and, by their length, the speed of gradient flow on the three logits, each chart to its own scale; a language model shares weights between answers and moves otherwise.',
    'The path is drawn at even steps, whatever the loss’s speed, and ends where the flow rests or an action has all but vanished.',
  ],
  params: {
    method: choice({
      label: 'method',
      help: 'Whose loss.',
      options: Object.fromEntries(pairMethods.map(({ id, name }) => [id, name])),
      default: 'ipo',
      from: 'ours',
    }),
    order: choice({
      label: 'comparisons',
      help: 'Which of the actions a, b, c win against which.',
      options: { total: 'a before b before c', never: 'a and b even, c never wins', one: 'a before b alone' },
      default: 'total',
      from: 'ours',
    }),
    beta: number({
      label: 'beta',
      help: 'IPO’s tau; of methods that have a beta.',
      min: 0.01,
      max: 10,
      scale: 'log',
      default: 0.5,
      from: 'ours',
    }),
    a: number({
      label: 'start, a',
      help: 'Share of action a at the start.',
      min: least,
      max: 1 - 2 * least,
      default: 0.34,
      from: 'ours',
    }),
    b: number({
      label: 'start, b',
      help: 'Share of action b at the start; c has the rest.',
      min: least,
      max: 1 - 2 * least,
      default: 0.33,
      from: 'ours',
    }),
    reference: choice({
      label: 'reference',
      help: 'The policy that the loss compares with.',
      options: { even: 'all alike', start: 'the start' },
      default: 'even',
      from: 'ours',
    }),
    arrows: flag({
      label: 'arrows',
      help: 'Compute the flow over the whole triangle, not the path alone.',
      default: true,
      from: 'ours',
    }),
  },
  async run({ method: id, order, beta, a, b, reference: from, arrows }, { tick }) {
    if (a + b > 1 - least + 1e-9)
      throw new LabParamsError(
        `b: is ${b}, and with a at ${a} that leaves c nothing; use at most ${(1 - least - a).toFixed(3)}`,
      );
    const method = methodById(id);
    const start = [a, b, 1 - a - b];
    const reference = from === 'start' ? start : [1 / 3, 1 / 3, 1 / 3];
    const comparisons = orders[order].pairs.map(([chosen, rejected]) => ({ chosen, rejected }));
    const flow = flowOf(method, 'beta' in method.params ? { beta } : {}, reference, comparisons);
    let done = 0;
    const points = arrows ? grid() : [];
    const total = points.length + pathSteps;
    const field: { at: number[]; by: number[] }[] = [];
    for (const at of points) {
      const { drift } = await flow(at);
      field.push({ at, by: velocity(at, drift) });
      await tick(++done, total);
    }
    const path = await follow(flow, start, () => tick(++done, total));
    const end = path.at(-1)!;
    const { loss, drift } = await flow(end);
    const rests = Math.sqrt(dot(drift, drift)) < 1e-3;
    const shares = end.map((p) => `${(100 * p).toFixed(1)} %`);
    const gaps = [Math.log(end[0]! / end[1]!), Math.log(end[1]! / end[2]!)];
    const sentence = `${method.name} from ${start.map((p) => `${(100 * p).toFixed(0)} %`).join(', ')}: the path ends at a ${shares[0]}, b ${shares[1]}, c ${shares[2]}, ${rests ? 'where it rests' : 'and would go on'}.`;
    return {
      says: [sentence],
      numbers: {
        'end/a': end[0]!,
        'end/b': end[1]!,
        'end/c': end[2]!,
        'log a/b': gaps[0]!,
        'log b/c': gaps[1]!,
        loss,
        rests: rests ? 1 : 0,
      },
      figures: [
        {
          kind: 'triangle',
          id: 'flow',
          title: method.name,
          sentence,
          arrows: field,
          path,
          corners: ['a', 'b', 'c'],
        },
      ],
    };
  },
});
