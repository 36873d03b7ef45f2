import type { FloatType } from '../finite';
import type { Decode } from './blocks';
import {
  decodeBF16,
  decodeF16,
  decodeF32,
  decodeQ4_0,
  decodeQ4_1,
  decodeQ5_0,
  decodeQ5_1,
  decodeQ8_0,
} from './blocks';
import { decodeQ4_K, decodeQ6_K } from './k-blocks';
import type { Packing } from './pack-blocks';
import { packF16, packQ4_0, packQ4_1, packQ4_K, packQ5_0, packQ5_1, packQ6_K, packQ8_0 } from './pack-blocks';

/** One of GGML's element types. */
export interface ElementType {
  name: string;
  /** Elements, and bytes, of a block. Blocks run along a row. */
  elements: number;
  bytes: number;
  decode: Decode;
  packing?: Packing;
  /** The elements are floats themselves, any of which may be no number. */
  float?: FloatType;
  /** Where a block has its half-precision scales. */
  scales: readonly number[];
}

/** The types that are read, by GGML's number (enum ggml_type). */
export const elementTypes: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [0, { name: 'F32', elements: 1, bytes: 4, decode: decodeF32, float: 'F32', scales: [] }],
  [1, { name: 'F16', elements: 1, bytes: 2, decode: decodeF16, packing: packF16, float: 'F16', scales: [] }],
  [2, { name: 'Q4_0', elements: 32, bytes: 18, decode: decodeQ4_0, packing: packQ4_0, scales: [0] }],
  [3, { name: 'Q4_1', elements: 32, bytes: 20, decode: decodeQ4_1, packing: packQ4_1, scales: [0, 2] }],
  [6, { name: 'Q5_0', elements: 32, bytes: 22, decode: decodeQ5_0, packing: packQ5_0, scales: [0] }],
  [7, { name: 'Q5_1', elements: 32, bytes: 24, decode: decodeQ5_1, packing: packQ5_1, scales: [0, 2] }],
  [8, { name: 'Q8_0', elements: 32, bytes: 34, decode: decodeQ8_0, packing: packQ8_0, scales: [0] }],
  [12, { name: 'Q4_K', elements: 256, bytes: 144, decode: decodeQ4_K, packing: packQ4_K, scales: [0, 2] }],
  [14, { name: 'Q6_K', elements: 256, bytes: 210, decode: decodeQ6_K, packing: packQ6_K, scales: [208] }],
  [30, { name: 'BF16', elements: 1, bytes: 2, decode: decodeBF16, float: 'BF16', scales: [] }],
]);

export const elementTypeNames = [...elementTypes.values()].map((type) => type.name).join(', ');
