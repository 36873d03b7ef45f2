import { adapterInfo, gpu } from '../tf';

export type MatmulVariant = 'subgroup' | 'tiled';

/**
 * Which matrix kernel runs on which adapter. The two variants add in a different order, so their results differ in the
 * last bits: a run repeats bit for bit only under the same variant. The default follows from the adapter alone (`subgroup`
 * on a software adapter that has subgroups, `tiled` elsewhere); `tuneKernels`, called when the trainer starts, takes the
 * other only where it is clearly faster. A run stores its choice, and resuming hands it to `setKernelChoice`.
 */
export interface KernelChoice {
  /** The adapter that the choice holds for: vendor, architecture, device, description. */
  adapter: string;
  matmul: MatmulVariant;
  /** Milliseconds per variant, when measured. */
  measured?: Partial<Record<MatmulVariant, number>>;
}

const choices = new Map<string, KernelChoice>();

const adapterKey = () => {
  const { vendor, architecture, device, description } = adapterInfo();
  return [vendor, architecture, device, description].join('|');
};

export const hasSubgroups = () => gpu().device.features.has('subgroups');

const defaultVariant = (): MatmulVariant =>
  hasSubgroups() && /swiftshader|llvmpipe|lavapipe|basic render/i.test(adapterKey()) ? 'subgroup' : 'tiled';

/** The choice in force on the current adapter. */
export const kernelChoice = (): KernelChoice => {
  const adapter = adapterKey();
  return choices.get(adapter) ?? { adapter, matmul: defaultVariant() };
};

export const currentVariant = (): MatmulVariant => kernelChoice().matmul;

/**
 * Puts a stored choice in force. Ignored, with false returned, when it was made on another adapter or needs a feature
 * that this device lacks.
 */
export const setKernelChoice = (choice: KernelChoice): boolean => {
  if (choice.adapter !== adapterKey()) return false;
  if (choice.matmul === 'subgroup' && !hasSubgroups()) return false;
  if (choice.matmul !== 'subgroup' && choice.matmul !== 'tiled') return false;
  choices.set(choice.adapter, choice);
  return true;
};

/** Forgets every choice, so that the fixed defaults hold again. */
export const resetKernelChoices = () => choices.clear();
