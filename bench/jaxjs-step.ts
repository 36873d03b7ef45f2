/** The same model and step in jax-js, compiled by its jit, on its WebGPU backend: padded rows, its own attention op. */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { ModelConfig } from '../src/model/config';
import type { Weights } from './model-shape';
import type { PaddedBatch } from './pairs';
import type { PeerStep } from './plain-step';

// In jax-js every use of an array consumes it; `.ref` keeps it for one more use.
type Arrays = Record<string, np.Array>;
type Inputs = {
  oneHot: np.Array; // [B*T, V]
  targets: np.Array; // [B*T, V]
  cos: np.Array; // [1, T, 1, D/2]
  sin: np.Array;
  refSum: np.Array; // [B]
};

const oneHotRows = (ids: Int32Array, weight: Float32Array | undefined, V: number): np.Array => {
  const values = new Float32Array(ids.length * V);
  ids.forEach((id, i) => {
    values[i * V + id] = weight ? weight[i]! : 1;
  });
  return np.array(values).reshape([ids.length, V]);
};

const uploadInputs = (config: ModelConfig, batch: PaddedBatch, refSum: Float32Array): Inputs => {
  const half = config.headDim / 2;
  const angles = Float32Array.from(
    { length: batch.length * half },
    (_, i) => Math.floor(i / half) * config.ropeTheta ** ((-2 * (i % half)) / config.headDim),
  );
  const byPosition = (f: (angle: number) => number) =>
    np.array(angles.map(f)).reshape([1, batch.length, 1, half]);
  return {
    oneHot: oneHotRows(batch.tokens, undefined, config.vocabSize),
    targets: oneHotRows(batch.targets, batch.scored, config.vocabSize),
    cos: byPosition(Math.cos), // by the host: a GPU's own are good to 2^-11 only
    sin: byPosition(Math.sin),
    refSum: np.array(refSum),
  };
};

/** Mean DPO loss of the batch. Consumes both arguments. */
const makeLoss = (config: ModelConfig, batch: PaddedBatch, beta: number) => (p: Arrays, inputs: Inputs) => {
  const { heads: H, kvHeads: K, headDim: D, hiddenSize: d, normEps, layers } = config;
  const [B, T] = [batch.rows, batch.length];
  const w = (name: string) => p[name]!.ref;
  const norm = (x: np.Array, name: string) => {
    const size = np.mean(np.square(x.ref), -1, { keepdims: true }).add(normEps);
    return x.div(np.sqrt(size)).mul(w(name));
  };
  const project = (x: np.Array, name: string) => np.matmul(x, np.transpose(w(name)));
  const turn = (x: np.Array) => {
    const [a, b] = np.split(x, 2, 3) as [np.Array, np.Array];
    const [cos, sin] = [inputs.cos, inputs.sin];
    const first = a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref));
    const second = b.mul(cos.ref).add(a.mul(sin.ref));
    return np.concatenate([first, second], 3);
  };
  let x = np.matmul(inputs.oneHot.ref, w('model.embed_tokens.weight')); // [B*T, d]
  for (let i = 0; i < layers; i++) {
    const part = (name: string) => `model.layers.${i}.${name}.weight`;
    const a = norm(x.ref, part('input_layernorm'));
    const q = turn(project(a.ref, part('self_attn.q_proj')).reshape([B, T, H, D]));
    const k = turn(project(a.ref, part('self_attn.k_proj')).reshape([B, T, K, D]));
    const v = project(a, part('self_attn.v_proj')).reshape([B, T, K, D]);
    const mixed = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([B * T, H * D]);
    x = x.add(project(mixed, part('self_attn.o_proj'))).reshape([B * T, d]);
    const b = norm(x.ref, part('post_attention_layernorm'));
    const gate = nn.silu(project(b.ref, part('mlp.gate_proj')));
    x = x.add(project(gate.mul(project(b, part('mlp.up_proj'))), part('mlp.down_proj')));
  }
  const head = config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  const logProb = nn.logSoftmax(project(norm(x, 'model.norm.weight'), head), -1); // [B*T, V]
  const sums = logProb.mul(inputs.targets.ref).sum(-1).reshape([B, T]).sum(-1); // [B]
  const ratio = sums.sub(inputs.refSum.ref).reshape([B / 2, 2]);
  const [chosen, rejected] = np.split(ratio, 2, 1) as [np.Array, np.Array];
  const loss = np.mean(nn.softplus(chosen.sub(rejected).mul(-beta)));
  tree.dispose(p);
  tree.dispose(inputs);
  return loss;
};

/** AdamW with clipping by the global norm, one expression per parameter. Consumes everything it is given. */
const update = (
  names: readonly string[],
  p: Arrays,
  m: Arrays,
  v: Arrays,
  g: Arrays,
  h: { stepSize: np.Array; root2: np.Array },
  hyper: { beta1: number; beta2: number; epsilon: number; maxGradNorm: number },
) => {
  const { beta1, beta2, epsilon, maxGradNorm } = hyper;
  const squares = names.map((name) => np.square(g[name]!.ref).sum()).reduce((a, b) => a.add(b));
  const scale = np.minimum(np.reciprocal(np.sqrt(squares).add(1e-6)).mul(maxGradNorm), 1);
  const next: { p: Arrays; m: Arrays; v: Arrays } = { p: {}, m: {}, v: {} };
  for (const name of names) {
    const grad = g[name]!.mul(scale.ref);
    const first = m[name]!.mul(beta1).add(grad.ref.mul(1 - beta1));
    const second = v[name]!.mul(beta2).add(np.square(grad).mul(1 - beta2));
    const move = first.ref.mul(h.stepSize.ref).div(np.sqrt(second.ref).div(h.root2.ref).add(epsilon));
    next.p[name] = p[name]!.sub(move);
    next.m[name] = first;
    next.v[name] = second;
  }
  scale.dispose();
  tree.dispose(h);
  return next;
};

/**
 * @param refSum as in `plainStep`
 * @throws Error when jax-js finds no WebGPU
 */
export const jaxjsStep = async (
  config: ModelConfig,
  weights: Weights,
  batch: PaddedBatch,
  refSum: Float32Array,
  beta: number,
  hyper: { beta1: number; beta2: number; epsilon: number; maxGradNorm: number },
): Promise<PeerStep> => {
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js found no WebGPU here.');
  defaultDevice('webgpu');
  const names = [...weights.keys()];
  const from = (values: (name: string) => Float32Array): Arrays =>
    Object.fromEntries(names.map((name) => [name, np.array(values(name)).reshape(weights.get(name)!.shape)]));
  const zeros = () => from((name) => new Float32Array(weights.get(name)!.data.length));
  let state = { p: from((name) => weights.get(name)!.data.slice()), m: zeros(), v: zeros() };
  const inputs = uploadInputs(config, batch, refSum);
  const lossAndGrad = valueAndGrad(makeLoss(config, batch, beta));
  const compiled = jit(
    (p: Arrays, m: Arrays, v: Arrays, given: Inputs, h: { stepSize: np.Array; root2: np.Array }) => {
      const [loss, g] = lossAndGrad(tree.ref(p), given);
      return { loss, ...update(names, p, m, v, g as Arrays, h, hyper) };
    },
  );
  return {
    async step({ step, learningRate, beta1, beta2 }) {
      const h = {
        stepSize: np.array([learningRate / (1 - beta1 ** step)]),
        root2: np.array([Math.sqrt(1 - beta2 ** step)]),
      };
      const { loss, p, m, v } = compiled(state.p, state.m, state.v, tree.ref(inputs), h);
      state = { p, m, v };
      await blockUntilReady(state);
      return (await loss.data())[0]!;
    },
    dispose() {
      tree.dispose(state);
      tree.dispose(inputs);
      compiled.dispose();
    },
  };
};
