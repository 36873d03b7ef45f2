import type { PackedArrays, PackedFormat } from '../kernels/packed-format';

/** A tensor as a file holds it: decoded when asked for, so that a model is uploaded one tensor at a time. */
export interface HostTensor {
  readonly shape: readonly number[];
  /** Row-major. Decoded afresh at each read where a file is behind it: keep it rather than read it twice. */
  readonly data: Float32Array;
  /** The file's own blocks as one of our packed formats, exact or as the format's note says; absent for float tensors. */
  readonly packed?: () => PackedArrays;
  /** Throws, naming file, tensor and element, when a number is not finite. Reads the file's bytes and decodes nothing. */
  readonly check?: () => void;
  /** The format that `packed` gives. */
  readonly packedFormat?: PackedFormat;
}

/** A model's weights on the host, by their Hugging Face names. */
export type HostWeights = Map<string, HostTensor>;

/** How weights are kept on the device. 'file': packed where the file is packed or half, f32 otherwise. */
export type WeightStorage = 'f32' | 'f16' | 'int8' | 'int4' | 'file';
