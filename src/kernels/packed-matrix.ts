import type { Tensor } from '../tf';
import type { PackedFormat } from './packed-format';

/** A frozen matrix [out, in] in packed rows, on the device. */
export interface PackedMatrix {
  format: PackedFormat;
  shape: [number, number];
  block: 16 | 32;
  values: Tensor; // int32 [out, in / perWord]
  scales: Tensor | undefined; // int32 [out, in / block]
}

/** What a model's forward pass reads under one name. */
export type Weight = Tensor | PackedMatrix;

export const isPacked = (w: Weight): w is PackedMatrix => 'format' in w;
