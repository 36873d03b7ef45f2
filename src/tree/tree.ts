/**
 * The preference tree: the one shape of data that every method eats. A DPO pair is a prompt with two leaves; Step-DPO
 * a prompt and a correct prefix with two children; tree searches are whole trees; chains of steps are paths.
 *
 * Plain JSON, so that it goes through postMessage, IndexedDB and a file unchanged; images are arrays of floats, which a file
 * holds as PNG beside it.
 */
export type NodeRole = 'prompt' | 'step' | 'observation' | 'end';

export interface TreeNode {
  /** Index of the parent in `nodes`, smaller than the node's own; -1 for the root. */
  parent: number;
  /** At least one token. */
  tokens: number[];
  role: NodeRole;
  /** Whether this node's tokens are scored (get log-probs and gradient) in the responses that pass through it. */
  scored: boolean;
  /** What the pipeline knows of it: verifier value, reward, visit count, ... */
  labels?: Record<string, number>;
  /** Of a denoising state: the numbers of the image, noisy or not. Its one token is its time; that of the root what is asked for. */
  image?: Float32Array;
  /** Time and noise under which an image's denoising error is scored, drawn when a step takes the tree. */
  draw?: { t: number; noise: Float32Array };
}

/** A path from the root to `leaf`. Its steps are the scored nodes on it behind `given`, in order. */
export interface TreeResponse {
  leaf: number;
  /** The node on the path up to which it is given to this response, itself included, and so not scored in it; none when left out. */
  given?: number;
  score?: number;
  labels?: Record<string, number>;
}

/** `chosen` and `rejected` index `responses`. */
export interface Comparison {
  chosen: number;
  rejected: number;
  /** By how much the chosen one wins, where the method uses it. */
  margin?: number;
}

export interface PreferenceTree {
  /** Unique within a dataset. */
  id: string;
  nodes: TreeNode[];
  responses: TreeResponse[];
  comparisons: Comparison[];
}
