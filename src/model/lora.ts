/**
 * Low-rank adapters (Hu et al., 2021, arXiv 2106.09685): y = x W^T + s (x A^T) B^T with W frozen, A [r, in], B [out, r]
 * trained, s = alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA (Kalajdzievski, 2023, arXiv 2312.03732). Names,
 * defaults and the choice of modules are those of the Python package PEFT.
 */
import type { Tensor } from '../tf';
import { tf } from '../tf';
import { nearest } from '../util/nearest';
import type { Rng } from '../util/rng';
import type { HostWeights } from './host-weights';

export interface LoraSettings {
  /** r, the inner dimension. */
  rank: number;
  alpha: number;
  /** Share of the inputs of A that a training step leaves out. */
  dropout: number;
  /** Scale by alpha / sqrt(r) instead of alpha / r. */
  rsLora: boolean;
  /** Names of modules, or the last parts of their names, such as "q_proj"; or the one word "all-linear". */
  targetModules: string[];
  /** Modules, by their whole names, whose rank and alpha are not those above; only adapters from files have such. */
  own?: Readonly<Record<string, { rank: number; alpha: number }>>;
}

/** What an adapter's share is multiplied by: one number, and others for some modules. */
export interface LoraScale {
  scale: number;
  /** By whole name, where it is not `scale`. */
  scales?: ReadonlyMap<string, number>;
}

/** Adapter settings or tensors that do not fit the model. The message says what does not fit and what would. */
export class LoraError extends Error {
  override name = 'LoraError';
}

export const ALL_LINEAR = 'all-linear';

export const loraScale = ({ rank, alpha, rsLora }: Pick<LoraSettings, 'rank' | 'alpha' | 'rsLora'>): number =>
  alpha / (rsLora ? Math.sqrt(rank) : rank);

/** The scale of every module. */
export const loraScales = (settings: Pick<LoraSettings, 'rank' | 'alpha' | 'rsLora' | 'own'>): LoraScale => {
  const { rsLora, own } = settings;
  const scale = loraScale(settings);
  if (!own) return { scale };
  return {
    scale,
    scales: new Map(Object.entries(own).map(([module, ranks]) => [module, loraScale({ ...ranks, rsLora })])),
  };
};

/** The scale of one module. */
export const scaleOf = ({ scale, scales }: LoraScale, module: string): number => scales?.get(module) ?? scale;

export const loraA = (module: string) => `${module}.lora_A.weight`;
export const loraB = (module: string) => `${module}.lora_B.weight`;

/** The shape [out, in] of every linear module, by name. */
export type LinearModules = ReadonlyMap<string, readonly [number, number]>;

/**
 * The modules that the settings name, in the model's order. A target matches a module of that name, or one whose name
 * ends with it after a dot, as in PEFT.
 * @throws LoraError when a target matches nothing, naming the targets that there are.
 */
export const targetedModules = (modules: LinearModules, targets: readonly string[]): string[] => {
  const names = [...modules.keys()];
  if (targets.length === 0)
    throw new LoraError(`targetModules is empty; name at least one, for example "${lastPart(names[0]!)}".`);
  if (targets.includes(ALL_LINEAR)) return names;
  const matches = (name: string, target: string) => name === target || name.endsWith(`.${target}`);
  for (const target of targets) {
    if (names.some((name) => matches(name, target))) continue;
    const known = [...new Set(names.map(lastPart))];
    const close = nearest(target, known);
    throw new LoraError(
      `targetModules: the model has no linear module "${target}"${close ? `; did you mean "${close}"?` : '.'} ` +
        `Its modules are ${known.join(', ')}, or "${ALL_LINEAR}" for all of them. The embedding and the output head take no adapter here.`,
    );
  }
  return names.filter((name) => targets.some((target) => matches(name, target)));
};

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** The adapter's tensors by name with their shapes: A [r, in] and B [out, r] of each targeted module. */
export const loraShapes = (
  modules: LinearModules,
  settings: Pick<LoraSettings, 'rank' | 'targetModules' | 'own'>,
): Map<string, number[]> => {
  const shapes = new Map<string, number[]>();
  for (const module of targetedModules(modules, settings.targetModules)) {
    const [out, inner] = modules.get(module)!;
    const rank = settings.own?.[module]?.rank ?? settings.rank;
    shapes.set(loraA(module), [rank, inner]);
    shapes.set(loraB(module), [out, rank]);
  }
  return shapes;
};

/**
 * A fresh adapter, which changes nothing yet: A uniform within 1 / sqrt(in), B zero, as PEFT begins (Kaiming's uniform
 * with a = sqrt(5)).
 */
export const freshLora = (
  modules: LinearModules,
  settings: Pick<LoraSettings, 'rank' | 'targetModules'>,
  rng: Rng,
): HostWeights =>
  new Map(
    [...loraShapes(modules, settings)].map(([name, shape]) => {
      const data = new Float32Array(shape[0]! * shape[1]!);
      if (name.endsWith('.lora_A.weight')) {
        const bound = 1 / Math.sqrt(shape[1]!);
        const own = rng.fork(name);
        for (let i = 0; i < data.length; i++) data[i] = (2 * own.next() - 1) * bound;
      }
      return [name, { shape, data }];
    }),
  );

/** Puts an adapter's tensors on the device; they are trained in place and disposed by the caller. */
export const uploadLora = (adapter: HostWeights): Map<string, Tensor> =>
  new Map(
    [...adapter].map(([name, { shape, data }]) => [name, tf.keep(tf.tensor(data, [...shape], 'float32'))]),
  );

/**
 * The weights with the adapter worked in: W + s B A, in f32, one tensor at a time as each is read.
 * @param base the model's weights by name
 * @param adapter its tensors by name
 */
export const mergedWeights = (base: HostWeights, adapter: HostWeights, lora: LoraScale): HostWeights =>
  new Map(
    [...base].map(([name, tensor]) => {
      const module = name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : name;
      const [a, b] = [adapter.get(loraA(module)), adapter.get(loraB(module))];
      if (!a || !b) return [name, tensor];
      return [
        name,
        {
          shape: tensor.shape,
          get data() {
            return addProduct(
              tensor.data,
              b.data,
              a.data,
              tensor.shape[0]!,
              a.shape[0]!,
              tensor.shape[1]!,
              scaleOf(lora, module),
            );
          },
        },
      ];
    }),
  );

/** w [out, in] + scale * b [out, r] a [r, in], summed in double precision and rounded once. */
const addProduct = (
  w: Float32Array,
  b: Float32Array,
  a: Float32Array,
  out: number,
  rank: number,
  inner: number,
  scale: number,
): Float32Array => {
  const merged = new Float32Array(w.length);
  const row = new Float64Array(inner);
  for (let o = 0; o < out; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = b[o * rank + r]! * scale;
      for (let i = 0; i < inner; i++) row[i]! += factor * a[r * inner + i]!;
    }
    for (let i = 0; i < inner; i++) merged[o * inner + i] = w[o * inner + i]! + row[i]!;
  }
  return merged;
};
