import sumCode from '../../shaders/sum-partials.wgsl?raw';
import matrixCode from '../../shaders/tree-attention-matrix.wgsl?raw';
import stepsCode from '../../shaders/tree-attention-steps.wgsl?raw';
import tileCode from '../../shaders/tree-attention-tile.wgsl?raw';
import code from '../../shaders/tree-attention-tiled.wgsl?raw';
import keyGradCode from '../../shaders/tree-attention-tiled-grad-key.wgsl?raw';
import queryGradCode from '../../shaders/tree-attention-tiled-grad-query.wgsl?raw';
import type { Tensor, TensorInfo } from '../tf';
import { gpu, toTensor } from '../tf';
import { cached } from '../util/cached';
import type { AttentionTile, AttentionTiles } from './attention-tile';
import { dispatch, f32, grid } from './dispatch';
import { groupParts } from './group-parts';
import { defineOp } from './op';
import { specialise, unroll } from './unroll';

type Use = 'read' | 'result';
type Matrix = 'q' | 'k' | 'v' | 'out' | 'dOut' | 'dQ' | 'dK' | 'dV';

interface Kernel {
  label: string;
  code: string;
  /** Matrices whose rows are kept: 1 or 2. */
  matrices: number;
  uses: Partial<Record<Matrix, Use>>;
}

const kernels = {
  forward: {
    label: 'treeAttention',
    code,
    matrices: 1,
    uses: { q: 'read', k: 'read', v: 'read', out: 'result' },
  },
  query: {
    label: 'treeAttention query gradient',
    code: queryGradCode,
    matrices: 2,
    uses: { q: 'read', dOut: 'read', out: 'read', k: 'read', v: 'read', dQ: 'result' },
  },
  key: {
    label: 'treeAttention key gradient',
    code: keyGradCode,
    matrices: 2,
    uses: { k: 'read', v: 'read', q: 'read', dOut: 'read', dK: 'result', dV: 'result' },
  },
} satisfies Record<string, Kernel>;

const ofKeys: readonly string[] = ['k', 'v', 'dK', 'dV'];

const access = (name: string, use: Use, facts: { HALVES: boolean; PADDED: boolean }): string =>
  specialise(matrixCode, { READ: use !== 'result', WRITTEN: use === 'result', ...facts })
    .replaceAll('MATRIX', name)
    .replaceAll('HEADS', ofKeys.includes(name) ? 'kvHeads' : 'heads');

/** The steps by name: the words that stand for arguments, and the text. */
const steps = new Map(
  stepsCode
    .split(/^\/\/: /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n');
      const [name, ...words] = section.slice(0, end).split(' ');
      return [name!, { words, text: section.slice(end + 1) }];
    }),
);

const withSteps = (text: string): string =>
  text.replace(/^ *step_(\w+)\((.*)\);$/gm, (line, name: string, list: string) => {
    const step = steps.get(name);
    if (!step) throw new Error(`treeAttention: no step for "${line}"`);
    const given = list.split(', ');
    return withSteps(step.words.reduce((body, word, i) => body.replaceAll(word, given[i]!), step.text));
  });

const texts = new Map<string, string>();

/** The text of a kernel for heads of `size` numbers. */
const textOf = (kernel: Kernel, size: number, { rows, columns, deep }: AttentionTile): string =>
  cached(texts, [kernel.label, size, rows, columns, deep].join(), () => {
    const halves = size % 4 !== 0;
    const parts = Math.ceil(size / 4);
    const uses = Object.entries(kernel.uses) as [Matrix, Use][];
    const facts = { HALVES: halves, PADDED: parts % columns !== 0 };
    const whole = [
      halves ? tileCode.replace('alias VEC = vec4f;', 'alias VEC = vec2f;') : tileCode,
      ...uses.map(([name, use]) => access(name, use, facts)),
      withSteps(kernel.code),
    ].join('\n');
    return unroll(whole, {
      PARTS: parts,
      PITCH: halves ? size / 2 : parts,
      COLS: Math.ceil(parts / columns),
      CT: columns,
      RT: rows,
      TR: deep,
      GROUPS: deep / 4,
      MATRICES: kernel.matrices,
    });
  });

/** The text of one of the kernels, as the device is given it. */
export const tiledAttentionText = (kernel: keyof typeof kernels, size: number, tile: AttentionTile): string =>
  textOf(kernels[kernel], size, tile);

type Input = 'q' | 'k' | 'v' | 'visibleUntil' | 'treeStart';

interface Attrs {
  heads: number;
  kvHeads: number;
  pairs: number;
  tiles: AttentionTiles;
}

interface Run {
  name: keyof AttentionTiles;
  /** q first. */
  inputs: readonly TensorInfo[];
  outputs: readonly TensorInfo[];
  /** Workgroups per block of rows. */
  across: number;
  /** Products of length D per pair and query head. */
  dots: number;
  shares?: number;
}

const blocksOf = (tokens: number, { rows, deep }: AttentionTile) => Math.ceil(tokens / (deep * rows));

/** One of the three kernels, in parts where it would run too long. */
const attend = ({ name, inputs, outputs, across, dots, shares = 1 }: Run, attrs: Attrs) => {
  const { heads, kvHeads, pairs } = attrs;
  const [kernel, tile] = [kernels[name], attrs.tiles[name]];
  const [tokens, width] = inputs[0]!.shape as [number, number]; // of q
  const size = width / heads;
  for (const { first, count, work } of groupParts(
    blocksOf(tokens, tile) * across,
    2 * dots * pairs * width,
  )) {
    dispatch({
      label: kernel.label,
      code: textOf(kernel, size, tile),
      inputs,
      outputs,
      uniforms: [tokens, heads, kvHeads, f32(1 / Math.sqrt(size)), first, shares],
      workgroups: grid(count),
      work,
    });
  }
};

/** Workgroups that keep a large GPU busy, and tiles that one of them should at least have for itself. */
const [ENOUGH, LEAST] = [512, 8];

/** Into how many workgroups the queries of a block of keys are dealt out: more than one where keys are few and queries many. */
const sharesOf = (tokens: number, { heads, kvHeads, pairs, tiles: { key } }: Attrs): number => {
  const tiles = ((heads / kvHeads) * pairs) / tokens / (4 * key.columns); // of a block, on average
  const wanted = Math.ceil(ENOUGH / (blocksOf(tokens, key) * kvHeads));
  return Math.max(1, Math.min(wanted, Math.floor(tiles / LEAST)));
};

/** The sum of the shares, each like `like`. */
const total = (shares: Tensor, count: number, like: TensorInfo): Tensor => {
  const width = like.shape.reduce((a, b) => a * b, 1);
  const [sum] = dispatch({
    label: 'treeAttention sum of shares',
    code: sumCode,
    inputs: [shares],
    outputs: [{ shape: like.shape, dtype: 'float32' }],
    uniforms: [count, width],
    workgroups: [Math.ceil(width / 64)],
  });
  shares.dispose();
  return toTensor(sum!);
};

const infoOf = (shape: number[]): TensorInfo => gpu().makeTensorInfo(shape, 'float32');

/**
 * Tree attention by tiles, for GPUs that are none in name only: inputs, outputs and gradients as in tree-attention.ts, with
 * the number of threads and of shares open to tests.
 */
export const tiledAttentionOp = defineOp<Input, Attrs & { shares?: number }>({
  name: 'TiledTreeAttention',
  inputs: ['q', 'k', 'v', 'visibleUntil', 'treeStart'],
  forward: ({ q, k, v, visibleUntil, treeStart }, attrs) => {
    const [tokens, width] = q.shape as [number, number];
    const outputs = [infoOf([tokens, width]), infoOf([tokens, attrs.heads, 3])];
    const inputs = [q, k, v, visibleUntil, treeStart];
    attend({ name: 'forward', inputs, outputs, across: attrs.heads, dots: 2 }, attrs);
    return outputs;
  },
  saveOutputs: [0, 1],
  backward: ([dy], { inputs: { q, k, v, visibleUntil }, outputs: [out, stats] }, attrs, wanted) => {
    const tokens = q.shape[0]!;
    // Outside the thunks: tfjs tidies a thunk, which would dispose what the next one needs.
    // It writes delta into `stats`, whose third part is there for it.
    const dQ = toTensor(infoOf(q.shape));
    const forQuery = [q, k, v, visibleUntil, out!, dy!];
    attend({ name: 'query', inputs: forQuery, outputs: [dQ, stats!], across: attrs.heads, dots: 3 }, attrs);
    if (!wanted.has('k') && !wanted.has('v')) return { q: () => dQ };
    const shares = attrs.shares ?? sharesOf(tokens, attrs);
    const made = [k, v].map((t) => toTensor(infoOf([shares * tokens, t.shape[1]!]))) as [Tensor, Tensor];
    const forKey = [q, k, v, visibleUntil, stats!, dy!];
    attend(
      {
        ...{ name: 'key', inputs: forKey, outputs: made, dots: 4 },
        ...{ across: attrs.kvHeads * shares, shares },
      },
      attrs,
    );
    const [dK, dV] = shares === 1 ? made : made.map((t) => total(t, shares, k));
    return { q: () => dQ, k: () => dK!, v: () => dV! };
  },
});
