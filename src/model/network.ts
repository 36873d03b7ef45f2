import type { Weight } from '../kernels/packed-matrix';
import type { ModelConfig } from './config';
import type { LoraScale } from './lora';
import type { Tap } from './tap';

/**
 * What a forward pass reads: the weights by their Hugging Face names. An adapter's trainable tensors lie in the same map
 * under `<module>.lora_A.weight` [r, in] and `<module>.lora_B.weight` [out, r], module being the weight's name without
 * ".weight".
 */
export type Weights = Map<string, Weight>;

/** A model on the device, and how it is to be run. */
export interface Network {
  config: ModelConfig;
  weights: Weights;
  /** Present when the adapter is to be used; absent: the base alone, even if the map holds its tensors. */
  lora?: LoraScale & { dropout?: { rate: number; seed: number } };
  /**
   * Recompute each layer in the backward pass instead of keeping its activations. The batch must then live until that
   * pass is over.
   */
  checkpointing?: boolean;
  /** Sees the MLP activations, and may overwrite neurons. */
  tap?: Tap;
}
