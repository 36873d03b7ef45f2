/** The pairs of the toy, the network that scores answers, and its training; the numbers in brackets are those of ../daa-blur. */
import { createRng } from '../../util/rng';
import { sigmoid, softplus } from '../maths';

/** Pairs as they lie in memory: x, y of the chosen answer, y of the rejected one. */
export interface BlurPairs {
  count: number;
  x: Float64Array;
  chosen: Float64Array;
  rejected: Float64Array;
}

/** (1) */
export const drawPairs = (count: number, bias: number, seed: number): BlurPairs => {
  const rng = createRng(seed).fork('pairs');
  const [x, chosen, rejected] = [0, 1, 2].map(() => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < count; i++) {
    x[i] = rng.next();
    const half = Math.abs(rng.next() - rng.next()) / 2;
    const shift = x[i]! < 0.5 ? bias : 0;
    chosen[i] = shift + half;
    rejected[i] = shift - half;
  }
  return { count, x, chosen, rejected };
};

/** Parameters of (2) in one vector: W row by row, b, v, c. */
export const networkSize = (hidden: number): number => 4 * hidden + 1;

const initial = (hidden: number, seed: number): Float64Array => {
  const rng = createRng(seed).fork(`network ${hidden}`);
  const uniform = (fanIn: number) => (2 * rng.next() - 1) / Math.sqrt(fanIn);
  // As PyTorch's Linear begins.
  return Float64Array.from({ length: networkSize(hidden) }, (_, i) => uniform(i < 3 * hidden ? 2 : hidden));
};

/** r(x, y). */
export const scoreOf = (network: Float64Array, hidden: number, x: number, y: number): number => {
  let r = network[4 * hidden]!;
  for (let j = 0; j < hidden; j++) {
    const z = network[2 * j]! * x + network[2 * j + 1]! * y + network[2 * hidden + j]!;
    if (z > 0) r += network[3 * hidden + j]! * z;
  }
  return r;
};

/** Adds slope * dr/dnetwork at (x, y) to the gradient. */
const addGradient = (
  network: Float64Array,
  hidden: number,
  x: number,
  y: number,
  slope: number,
  gradient: Float64Array,
) => {
  for (let j = 0; j < hidden; j++) {
    const z = network[2 * j]! * x + network[2 * j + 1]! * y + network[2 * hidden + j]!;
    if (z <= 0) continue;
    const through = slope * network[3 * hidden + j]!;
    gradient[3 * hidden + j]! += slope * z;
    gradient[2 * hidden + j]! += through;
    gradient[2 * j]! += through * x;
    gradient[2 * j + 1]! += through * y;
  }
  gradient[4 * hidden]! += slope;
};

export type BlurLoss = 'pairwise' | 'pointwise';

/** Mean loss of pairs from..to and its gradient, added to `gradient`. */
export const lossAndGradient = (
  loss: BlurLoss,
  network: Float64Array,
  hidden: number,
  { x, chosen, rejected }: BlurPairs,
  rows: Int32Array,
  gradient: Float64Array,
): number => {
  let sum = 0;
  for (const i of rows) {
    const w = scoreOf(network, hidden, x[i]!, chosen[i]!);
    const l = scoreOf(network, hidden, x[i]!, rejected[i]!);
    const together = loss === 'pairwise';
    const byChosen = together ? -sigmoid(l - w) : -sigmoid(-w);
    const byRejected = together ? -byChosen : sigmoid(l);
    sum += together ? softplus(l - w) : softplus(-w) + softplus(l);
    addGradient(network, hidden, x[i]!, chosen[i]!, byChosen / rows.length, gradient);
    addGradient(network, hidden, x[i]!, rejected[i]!, byRejected / rows.length, gradient);
  }
  return sum / rows.length;
};

/** Accuracy and ICC1 (5) on pairs from..to. */
export const measure = (
  network: Float64Array,
  hidden: number,
  pairs: BlurPairs,
  from: number,
  to: number,
) => {
  const n = to - from;
  let right = 0;
  let [within, sum, squares] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    const w = scoreOf(network, hidden, pairs.x[i]!, pairs.chosen[i]!);
    const l = scoreOf(network, hidden, pairs.x[i]!, pairs.rejected[i]!);
    right += w > l ? 1 : w === l ? 0.5 : 0;
    const mean = (w + l) / 2;
    within += (w - l) ** 2 / 2;
    sum += mean;
    squares += mean ** 2;
  }
  const between = (2 * (squares - sum ** 2 / n)) / (n - 1); // MSB
  const inside = within / n; // MSW
  return { accuracy: right / n, icc: between + inside === 0 ? 0 : (between - inside) / (between + inside) };
};

interface Training {
  hidden: number;
  epochs: number;
  batch: number;
  rate: number;
  seed: number;
}

/** A network trained on the first `count` pairs with Adam. */
export const trainNetwork = (
  loss: BlurLoss,
  pairs: BlurPairs,
  count: number,
  { hidden, epochs, batch, rate, seed }: Training,
): Float64Array => {
  const network = initial(hidden, seed);
  const size = network.length;
  const rng = createRng(seed).fork('order');
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const [first, second, gradient] = [0, 1, 2].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let [power1, power2] = [1, 1];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = count - 1; i > 0; i--) {
      const j = rng.int(i + 1);
      const other = order[i]!;
      order[i] = order[j]!;
      order[j] = other;
    }
    for (let at = 0; at < count; at += batch) {
      gradient.fill(0);
      lossAndGradient(loss, network, hidden, pairs, order.subarray(at, at + batch), gradient);
      power1 *= 0.9;
      power2 *= 0.999;
      for (let i = 0; i < size; i++) {
        const g = gradient[i]!;
        first[i] = 0.9 * first[i]! + 0.1 * g;
        second[i] = 0.999 * second[i]! + 0.001 * g * g;
        network[i]! -= (rate * (first[i]! / (1 - power1))) / (Math.sqrt(second[i]! / (1 - power2)) + 1e-8);
      }
    }
  }
  return network;
};
