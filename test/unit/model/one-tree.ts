import type { PackedBatch } from '../../../src/tree/packed-batch';

const prompt = [1, 5, 3];
const left = [4, 6, 2];
const right = [7, 2];

/** c_t of the two branches. */
export const leftWeights = [1, 0.5, 2];
export const rightWeights = [-1, 1.5];

/**
 * A prompt with two branches, written by hand so that it does not rest on the packing it helps to test: the prompt
 * once, then both branches; row 2, the prompt's last token, predicts the first token of each.
 */
export const twoBranches = (): PackedBatch => ({
  size: 10,
  tokenCount: 8,
  tokens: Int32Array.of(...prompt, ...left, ...right, 0, 0),
  position: Int32Array.of(0, 1, 2, 3, 4, 5, 3, 4, 0, 0),
  visibleUntil: Int32Array.of(8, 8, 8, 6, 6, 6, 8, 8, 9, 10),
  treeStart: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 8, 9),
  entries: {
    count: 5,
    used: 5,
    row: Int32Array.of(0, 1, 2, 0, 3),
    target: Int32Array.of(...left, ...right),
    step: Int32Array.of(0, 0, 0, 1, 1),
    weight: Float32Array.of(...leftWeights, ...rightWeights),
    rows: Int32Array.of(2, 3, 4, 6),
    rowStart: Int32Array.of(0, 2, 3, 4, 5),
    rowEntries: Int32Array.of(0, 3, 1, 2, 4),
    stepStart: Int32Array.of(0, 3, 5),
  },
  steps: [
    { response: 0, node: 1, entryStart: 0, entryEnd: 3, lastToken: 0 },
    { response: 1, node: 2, entryStart: 3, entryEnd: 5, lastToken: 0 },
  ],
  responses: [
    { tree: 0, index: 0, stepStart: 0, stepEnd: 1, entryStart: 0, entryEnd: 3 },
    { tree: 0, index: 1, stepStart: 1, stepEnd: 2, entryStart: 3, entryEnd: 5 },
  ],
  comparisons: [{ chosen: 0, rejected: 1 }],
  trees: [{ id: 'one', entryStart: 0, entryEnd: 5, tokenStart: 0, tokenEnd: 8 }],
});

/** One path, all tokens from `promptLength` on scored in one step. */
export const onePath = (
  tokens: readonly number[],
  promptLength: number,
  weight?: readonly number[],
): PackedBatch => {
  const n = tokens.length;
  const m = n - promptLength;
  const counting = (length: number, from = 0) => Int32Array.from({ length }, (_, i) => i + from);
  return {
    size: n,
    tokenCount: n,
    tokens: Int32Array.from(tokens),
    position: counting(n),
    visibleUntil: new Int32Array(n).fill(n),
    treeStart: new Int32Array(n),
    entries: {
      count: m,
      used: m,
      row: counting(m),
      target: Int32Array.from(tokens.slice(promptLength)),
      step: new Int32Array(m),
      weight: weight ? Float32Array.from(weight) : new Float32Array(m).fill(1),
      rows: counting(m, promptLength - 1),
      rowStart: counting(m + 1),
      rowEntries: counting(m),
      stepStart: Int32Array.of(0, m),
    },
    steps: [{ response: 0, node: 1, entryStart: 0, entryEnd: m, lastToken: n - 1 }],
    responses: [{ tree: 0, index: 0, stepStart: 0, stepEnd: 1, entryStart: 0, entryEnd: m }],
    comparisons: [],
    trees: [{ id: 'path', entryStart: 0, entryEnd: m, tokenStart: 0, tokenEnd: n }],
  };
};

export const leftPath = () => onePath([...prompt, ...left], prompt.length, leftWeights);
export const rightPath = () => onePath([...prompt, ...right], prompt.length, rightWeights);
