/** Float64 pieces that several experiments use. */

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** log(1 + exp(x)), stable at both ends. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export const softmax = (logits: readonly number[] | Float64Array): number[] => {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
};

/** Numbers from `from` to `to` at equal distances, both ends included. */
export const spaced = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

export const meanOf = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** Adam (Kingma and Ba 2015) on a vector, in place. */
export const createAdam = (size: number, rate: number, [decay1, decay2] = [0.9, 0.999], epsilon = 1e-8) => {
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  let [power1, power2] = [1, 1];
  return (values: Float64Array, gradient: Float64Array) => {
    power1 *= decay1;
    power2 *= decay2;
    for (let i = 0; i < size; i++) {
      const g = gradient[i]!;
      first[i] = decay1 * first[i]! + (1 - decay1) * g;
      second[i] = decay2 * second[i]! + (1 - decay2) * g * g;
      values[i]! -= (rate * (first[i]! / (1 - power1))) / (Math.sqrt(second[i]! / (1 - power2)) + epsilon);
    }
  };
};
