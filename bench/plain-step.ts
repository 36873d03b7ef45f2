/** The same model and step as a straightforward tfjs program: padded rows, tfjs ops only, Adam of tfjs ops. */
import { adamWStep, createAdamWPlain, disposeAdamW } from '../src/kernels/adamw';
import type { ModelConfig } from '../src/model/config';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '../src/tf';
import { tf } from '../src/tf';
import type { StepHyper } from '../src/train/step';
import type { Weights } from './model-shape';
import type { PaddedBatch } from './pairs';

/** Constants of a batch. Tokens and targets are one-hot rows: tfjs's gather has a very slow gradient. */
interface Inputs {
  oneHot: Tensor2D; // [B*T, V]
  targets: Tensor2D; // [B*T, V], zero rows where nothing is scored
  cos: Tensor4D; // [1, T, 1, D/2]
  sin: Tensor4D;
  mask: Tensor2D; // [G*T, T], 0 or -1e9
}

const uploadInputs = (config: ModelConfig, batch: PaddedBatch): Inputs =>
  tf.tidy(() => {
    const { vocabSize, headDim, ropeTheta, heads, kvHeads } = config;
    const T = batch.length;
    const half = headDim / 2;
    const angles = Float32Array.from(
      { length: T * half },
      (_, i) => Math.floor(i / half) * ropeTheta ** ((-2 * (i % half)) / headDim),
    );
    const byPosition = (f: (angle: number) => number) => tf.tensor4d(angles.map(f), [1, T, 1, half]);
    const group = heads / kvHeads;
    const mask = Float32Array.from({ length: group * T * T }, (_, i) =>
      i % T <= Math.floor(i / T) % T ? 0 : -1e9,
    );
    const oneHot = (ids: Int32Array) =>
      tf.cast(tf.oneHot(tf.tensor1d(ids, 'int32'), vocabSize), 'float32') as Tensor2D;
    return {
      oneHot: oneHot(batch.tokens),
      targets: tf.mul(oneHot(batch.targets), tf.tensor2d(batch.scored, [batch.scored.length, 1])) as Tensor2D,
      cos: byPosition(Math.cos), // by the host: a GPU's own are good to 2^-11 only
      sin: byPosition(Math.sin),
      mask: tf.tensor2d(mask, [group * T, T]),
    };
  });

/** Summed log-prob of the scored tokens of every row [B]. */
const scoreRows = (
  config: ModelConfig,
  w: (name: string) => Tensor,
  batch: PaddedBatch,
  inputs: Inputs,
): Tensor1D => {
  const { heads: H, kvHeads: K, headDim: D, normEps, layers } = config;
  const [B, T, G] = [batch.rows, batch.length, H / K];
  const norm = (x: Tensor, name: string): Tensor =>
    tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), normEps))), w(name));
  const project = (x: Tensor, name: string) => tf.matMul(x as Tensor2D, w(name) as Tensor2D, false, true);
  const turn = (x: Tensor4D): Tensor4D => {
    const [a, b] = tf.split(x, 2, 3) as [Tensor4D, Tensor4D];
    const { cos, sin } = inputs;
    return tf.concat(
      [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))],
      3,
    ) as Tensor4D;
  };
  let x: Tensor = tf.matMul(inputs.oneHot, w('model.embed_tokens.weight') as Tensor2D); // [B*T, d]
  for (let i = 0; i < layers; i++) {
    const part = (name: string) => `model.layers.${i}.${name}.weight`;
    const a = norm(x, part('input_layernorm'));
    const q = turn(tf.reshape(project(a, part('self_attn.q_proj')), [B, T, H, D]));
    const k = turn(tf.reshape(project(a, part('self_attn.k_proj')), [B, T, K, D]));
    const v = tf.reshape(project(a, part('self_attn.v_proj')), [B, T, K, D]) as Tensor4D;
    // A key head's queries as further rows, because tfjs has no gradient for a broadcast product.
    const rows = tf.reshape(tf.transpose(q, [0, 2, 1, 3]), [B, K, G * T, D]);
    const scores = tf.matMul(rows, tf.transpose(k, [0, 2, 1, 3]), false, true); // [B, K, G*T, T]
    const seen = tf.softmax(tf.add(tf.mul(scores, 1 / Math.sqrt(D)), inputs.mask));
    const mixed = tf.reshape(tf.matMul(seen, tf.transpose(v, [0, 2, 1, 3])), [B, H, T, D]);
    const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B * T, H * D]);
    x = tf.add(x, project(joined, part('self_attn.o_proj')));
    const b = norm(x, part('post_attention_layernorm'));
    const gate = project(b, part('mlp.gate_proj'));
    const gated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), project(b, part('mlp.up_proj')));
    x = tf.add(x, project(gated, part('mlp.down_proj')));
  }
  const head = config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  const logProb = tf.logSoftmax(project(norm(x, 'model.norm.weight'), head)); // [B*T, V]
  return tf.sum(tf.reshape(tf.sum(tf.mul(logProb, inputs.targets), -1), [B, T]), -1) as Tensor1D;
};

export interface PeerStep {
  /** One optimiser step; resolves with the loss when the new weights are there. */
  step(hyper: StepHyper): Promise<number>;
  dispose(): void;
}

/** @param refSum the reference's summed log-prob of every row, chosen and rejected in turn [B] */
export const plainStep = (
  config: ModelConfig,
  weights: Weights,
  batch: PaddedBatch,
  refSum: Float32Array,
  beta: number,
): PeerStep => {
  const names = [...weights.keys()];
  const parameters = new Map<string, Tensor>(
    [...weights].map(([name, { shape, data }]) => [name, tf.keep(tf.tensor(data.slice(), shape))]),
  );
  const optimizer = createAdamWPlain(parameters);
  const inputs = uploadInputs(config, batch);
  const signs = tf.tensor2d(
    Float32Array.from({ length: (batch.rows / 2) * batch.rows }, (_, i) => {
      const [pair, row] = [Math.floor(i / batch.rows), i % batch.rows];
      return row === 2 * pair ? 1 : row === 2 * pair + 1 ? -1 : 0;
    }),
    [batch.rows / 2, batch.rows],
  ); // [C, B]
  const reference = tf.tensor1d(refSum);
  const lossOf = (...values: Tensor[]): Scalar => {
    const byName = new Map(names.map((name, i) => [name, values[i]!]));
    const sums = scoreRows(config, (name) => byName.get(name)!, batch, inputs);
    const difference = tf.matMul(signs, tf.reshape(tf.sub(sums, reference), [batch.rows, 1]) as Tensor2D);
    return tf.mean(tf.softplus(tf.mul(difference, -beta))) as Scalar;
  };
  return {
    async step(hyper) {
      const { value, grads } = tf.tidy(() => tf.valueAndGrads(lossOf)([...parameters.values()]));
      const gradients = new Map(names.map((name, i) => [name, grads[i]!]));
      const norm = adamWStep(optimizer, parameters, gradients, hyper);
      tf.dispose(grads);
      const loss = ((await value.data()) as Float32Array)[0]!;
      await norm.data();
      // Commands run in order: when the last weight written can be read, all are written.
      await tf.tidy(() => tf.sum(parameters.get(names.at(-1)!)!)).data();
      tf.dispose([value, norm]);
      return loss;
    },
    dispose() {
      disposeAdamW(optimizer);
      tf.dispose([...parameters.values(), { ...inputs }, signs, reference]);
    },
  };
};
