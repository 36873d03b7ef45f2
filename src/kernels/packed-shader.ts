import elementCode from '../../shaders/packed-element.wgsl?raw';
import type { TensorInfo } from '../tf';
import { cached } from '../util/cached';
import { perWord } from './packed-format';
import type { PackedInfo } from './packed-matrix';
import { isPacked } from './packed-matrix';
import { specialise } from './unroll';

/** How a shader reads a weight: the part of a packed matrix that its text depends on. Undefined for a plain one. */
export type WeightLayout = Pick<PackedInfo, 'format' | 'block'> | undefined;

export const layoutOf = (weight: TensorInfo | PackedInfo): WeightLayout =>
  isPacked(weight) ? { format: weight.format, block: weight.block } : undefined;

/** What `if (NAME)` in a shader means for this layout. */
export const layoutFacts = (layout: WeightLayout) => ({
  PACKED: layout !== undefined,
  PLAIN: layout === undefined,
  INT4: layout?.format === 'int4',
  INT8: layout?.format === 'int8',
  F16: layout?.format === 'f16',
  SCALED: layout !== undefined && layout.format !== 'f16',
});

export const layoutConstants = (layout: WeightLayout) => ({
  PER: layout ? perWord[layout.format] : 1,
  BLOCK: layout?.block ?? 32,
});

/** `alias WORD` of a shader's text, set for this layout. */
const withWord = (code: string, layout: WeightLayout) =>
  code.replace('alias WORD = f32;', `alias WORD = ${layout ? 'u32' : 'f32'};`);

const withConstants = (code: string, values: Record<string, number>) =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replace(new RegExp(`const ${name} = \\d+u;`), `const ${name} = ${value}u;`),
    code,
  );

const fitted = new Map<string, Map<string, string>>();

/** A shader that reads a weight by `quantOf` and `elementOf` (see packed-element.wgsl), made for this layout. */
export const weightShader = (
  code: string,
  layout: WeightLayout,
  facts: Record<string, boolean> = {},
): string =>
  cached(
    cached(fitted, code, () => new Map<string, string>()),
    JSON.stringify([layout, facts]),
    () => {
      const whole = withConstants(withWord(`${code}\n${elementCode}`, layout), layoutConstants(layout));
      return specialise(whole, { ...layoutFacts(layout), ...facts });
    },
  );
