/**
 * A forest of preference trees written depth-first into flat arrays: each node's tokens once, however many responses
 * share them. Token i sees token j exactly when `j <= i && i < visibleUntil[j]`; that one rule is causal masking,
 * packing without padding, and prefix sharing at once.
 */
export interface PackedBatch {
  /**
   * N: tokens with padding. Padding tokens come last, are token 0 at position 0 and see only themselves
   * (`treeStart[i] = i`, `visibleUntil[i] = i + 1`).
   */
  size: number;
  /** Tokens without padding. */
  tokenCount: number;
  tokens: Int32Array; // [N]
  /** Depth in tokens along the path, for RoPE. */
  position: Int32Array; // [N]
  /** One past the end of the subtree of the token's node (of the rest of its own node and all descendants). */
  visibleUntil: Int32Array; // [N]
  /** First index of the token's tree: no key before it is visible, which bounds the loop over keys. */
  treeStart: Int32Array; // [N]
  entries: Entries;
  /** Steps: (response, node) with its entries [entryStart, entryEnd). In the order of the responses. */
  steps: PackedStep[];
  responses: PackedResponse[];
  /** Index `responses`. */
  comparisons: { chosen: number; rejected: number; margin?: number }[];
  /** Per tree of the batch: its id and its range of entries, so that cached log-probs are cut and joined by tree. */
  trees: { id: string; entryStart: number; entryEnd: number; tokenStart: number; tokenEnd: number }[];
}

/**
 * What is scored: M entries (row, target, step, weight). `row` is the position whose hidden state predicts, `target`
 * the token predicted. One row predicts several targets at a branch point, and one token that two responses share has
 * an entry in each. Entries are sorted by step, so step s owns [stepStart[s], stepStart[s + 1]).
 */
export interface Entries {
  /**
   * M with padding. Padding entries come last, have weight 0, step -1, target 0 and a valid row, under which
   * `rowEntries` lists them like any other: their log-prob is computed and finite, but no step sums it, so its
   * gradient is 0. Whoever reads log-probs per entry leaves out those from `used` on (or multiplies by `weight`).
   */
  count: number;
  /** M without padding. */
  used: number;
  row: Int32Array; // [M], index into `rows`
  target: Int32Array; // [M]
  step: Int32Array; // [M]; -1 on padding
  /** Constant with respect to the policy: 1, or the method's per-token coefficient. */
  weight: Float32Array; // [M]
  /**
   * The scored rows, ascending positions in [0, N), each once. With padding also some that score nothing: padding
   * tokens, or unscored ones where those do not suffice; they hold padding entries or none.
   */
  rows: Int32Array; // [R]
  /**
   * Entries by row, compressed: row r has entries rowEntries[rowStart[r] .. rowStart[r + 1]), ascending. Every entry
   * is listed exactly once, so rowStart[R] = M. A row may have none.
   */
  rowStart: Int32Array; // [R + 1]
  rowEntries: Int32Array; // [M]
  /** S is not padded; stepStart[S] = `used`. A step has no entries only when its node is a one-token scored root. */
  stepStart: Int32Array; // [S + 1]
}

export interface PackedStep {
  response: number;
  /** Index in the nodes of its tree. */
  node: number;
  entryStart: number;
  entryEnd: number;
  /** Position of the node's last token. */
  lastToken: number;
  /** Of its node. */
  labels?: Record<string, number>;
}

export interface PackedResponse {
  /** Index in `trees` of the batch, and of the response in that tree. */
  tree: number;
  index: number;
  stepStart: number;
  stepEnd: number;
  entryStart: number;
  entryEnd: number;
  score?: number;
  labels?: Record<string, number>;
}
