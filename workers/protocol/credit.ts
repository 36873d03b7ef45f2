/** What a method credits each token of a tree with, and what its search or its images were. */

/** A token of an answer with the credit that the method gives it. */
export interface CreditToken {
  text: string;
  /** Index of its step in the response; -1 when not scored (prompt, shared prefix). */
  step: number;
  policyLogProb: number;
  referenceLogProb: number;
  /** Under the weights that the run began with; missing of a model that draws. */
  startLogProb?: number;
  /** c_t: the method's coefficient. */
  weight: number;
  /** beta * c_t * (policy - reference): this token's part of the implicit reward. */
  reward: number;
  /** -dLoss/dlogProb: how hard, and which way, the loss pushes this token now. Positive raises it. */
  push: number;
}

export interface CreditResponse {
  role: 'chosen' | 'rejected' | 'response';
  tokens: CreditToken[];
  steps: { text: string; scored: boolean; reward: number; push: number; correct: boolean | undefined }[];
  reward: number;
}

export interface CreditView {
  treeId: string;
  prompt: string;
  method: string;
  responses: CreditResponse[];
  loss: number;
  /** Of a tree that was searched: what the search knew of it. */
  search?: SearchView;
  /** Of a tree of images: what each answer is, as pictures. */
  images?: ImageView;
}

/** A denoising state as a picture: 12 x 12 x 3 bytes at a time of the schedule; -1 is the image itself. */
export interface PictureAt {
  t: number;
  pixels: Uint8Array;
}

/** Images on their way from noise to image: what each was asked to show, and all of them at each step, 12 x 12 x 3 bytes each. */
export interface DrawnImages {
  conditions: number[];
  frames: Uint8Array[];
}

/** Two images of one condition, 12 x 12 x 3 bytes each, with their raw rewards by name. */
export interface DrawnPair {
  condition: number;
  images: [Uint8Array, Uint8Array];
  rewards: [Record<string, number>, Record<string, number>];
}

export interface ImageView {
  /** Index of what was asked for. */
  condition: number;
  /** By answer, in the order of `responses`. */
  answers: {
    /** The state that a transition starts from; of an image that is scored by its error, the image under the visit's noise. */
    from: PictureAt;
    /** The next state, or the image. */
    to: PictureAt;
    /** The image that the noisy one of the two stands for under the policy of now. */
    clean: Uint8Array;
    /** Of the tree: the answer's score, and labels of its last state, such as the reward. */
    score?: number;
    /** Of an image that is scored by its error: root mean square of the visit's noise, about 1 where it was drawn. */
    spread?: number;
    labels: Record<string, number>;
  }[];
}

/** A node of a searched tree. */
export interface SearchViewNode {
  /** Index of the parent; -1 for the prompt, which is the first. */
  parent: number;
  text: string;
  /** exp of the mean log-prob of its tokens; and the mean of what came back up through it, and how often. */
  prior?: number;
  q?: number;
  visits?: number;
  /** What it was found worth itself: the reward of an end, else the first estimate. */
  value?: number;
  correct?: boolean;
}

export interface SearchView {
  nodes: SearchViewNode[];
  /** Nodes that were compared. */
  pairs: { chosen: number; rejected: number }[];
}
