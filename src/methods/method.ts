import type { Source } from '../sources/source';
import type { ParamSpecs, Params, Values } from './params';
import type { Blend, Pass } from './pass';
import type { Preset } from './preset';

/** The kinds of data there are; see `Source.makes`. */
export type DataKind =
  /** Answers to learn by heart. */
  | 'solutions'
  /** Two answers to one prompt, one preferred. */
  | 'pairs'
  /** Two steps after the same correct ones, one preferred. */
  | 'next-steps'
  /** Several scored answers to one prompt. */
  | 'lists'
  /** Single answers, each with a label or a score. */
  | 'answers'
  /** Answers of which each step has a label. */
  | 'steps'
  /** Conversations with an environment, compared. */
  | 'turns'
  /** Images to learn by heart. */
  | 'latent-images'
  /** Two images of one condition, one preferred. */
  | 'latents'
  /** Several scored images of one condition. */
  | 'latent-lists'
  /** Two next states of a denoising image, one preferred. */
  | 'latent-steps';

/** The chapters of the catalogue in their order, with their titles. */
export const chapters = {
  supervised: 'Supervised',
  pairwise: 'Pairwise',
  pointwise: 'Pointwise',
  listwise: 'Listwise',
  'token-level': 'Token-level',
  stepwise: 'Stepwise',
  'multi-turn': 'Multi-turn',
  valued: 'With a value',
  rounds: 'Rounds',
  curricula: 'Curricula',
  denoising: 'Denoising',
} as const;

export type Chapter = keyof typeof chapters;

/** What a method changes of its kin: the end of the sentence "DPO, but …", and what there is to say of all that end so. */
export const axes = {
  curve: {
    title: 'with another curve over the same margin',
    note: 'One number per pair, many curves. Each looks at the margin alone; they differ in how hard they push at each margin.',
  },
  bar: {
    title: 'with the bar moved, pair by pair',
    note: 'Some pairs differ a lot, some by a hair. These ask for more margin, or count more, where the difference is larger.',
  },
  length: {
    title: 'without length’s say',
    note: 'A sum over tokens grows with length, and so does its reward. These take length out, each at another place.',
  },
  term: {
    title: 'with another term beside it',
    note: 'The margin alone says nothing of where the two answers lie. A second term does.',
  },
  'no-reference': {
    title: 'in one stage, without a reference',
    note: 'Likelihood and preference in one loss. Nothing holds the policy to where it began.',
  },
  alone: {
    title: 'with each answer judged alone',
    note: 'Good for thumbs, where nobody ever saw two answers side by side. What only a pair can do: cancel what the prompt alone explains.',
  },
  part: {
    title: 'with only the part that matters scored',
    note: 'Less is pushed, so less is pushed wrongly: of DPO’s push down, much lands on lines after the mistake that are right.',
  },
  weights: {
    title: 'with some tokens, steps or turns counting for more',
    note: 'Nothing is cut away; the weights say where to look. Where they come from is what sets these apart.',
  },
  lists: {
    title: 'over whole lists',
    note: 'Four ranked answers hold six pairs. A list loss asks about all of them at once.',
  },
  value: {
    title: 'with something more learned beside',
    note: 'A value tells during the answer how it will end. It can guide a search afterwards.',
  },
  again: {
    title: 'again and again',
    note: 'The reference moves. What each round starts from, and what it is compared with, is the method.',
  },
  order: { title: 'in a chosen order', note: 'The same pairs, but not in any order.' },
  pairs: {
    title: 'on other pairs',
    note: 'The loss is DPO’s own, letter for letter, or its kin’s. All is in the choice of pairs.',
  },
  pictures: {
    title: 'on pictures',
    note: 'A picture has no log-prob at hand. How well its noise is guessed takes the place.',
  },
} as const satisfies Record<string, { title: string; note: string }>;

export type Axis = keyof typeof axes;

/** What somebody may want of a method, beside what follows from how it is made. */
export const aims = {
  'hold-chosen': 'the chosen not to fall',
  length: 'answers no longer than needed',
  blame: 'blame in the right place',
  'wrong-labels': 'to survive wrong labels',
  'fewer-pairs': 'to need fewer pairs',
  'many-ways': 'several right ways kept',
  refusals: 'refusals that hold',
} as const;

export type Aim = keyof typeof aims;

/** A number of a live pair that a symbol of the formula stands for. */
export type SymbolValue =
  | `params.${string}`
  | `${'chosen' | 'rejected'}.${'logRatio' | 'sum' | 'refSum' | 'mean' | 'length'}`
  | `pair.${'margin' | 'meanMargin'}`
  | 'loss';

/** What a symbol of the formula is: how it stands in the TeX, what it means, which number it has. */
export interface MethodSymbol {
  tex: string;
  say: string;
  /** Where a choice among the parameters decides it, by the choice. */
  value: SymbolValue | { by: string; of: Readonly<Record<string, SymbolValue>> };
}

/** What is said of a method. */
export interface Card {
  id: string;
  name: string;
  chapter: Chapter;
  paper: { title: string; authors: string; year: number; arxiv?: string; url: string };
  /** The idea in one or two sentences, for the page. */
  summary: string;
  /** The loss in TeX. */
  tex: string;
  /** Departures from the paper or open points, shown to the user as "our reading". */
  notes: readonly string[];
  /** "DPO, but ...": the method that this one changes, what it changes of it (at most 52 characters), and which kind of change it is. */
  kin?: { id: string; change: string; axis: Axis };
  /** What it is good for. */
  aims?: readonly Aim[];
  /** Symbols of its formula beside those that are the same in all of them (`symbols.ts`). */
  symbols?: Readonly<Record<string, MethodSymbol>>;
}

/** Step beam search by the value head of the last pass: beginnings that are kept, and steps sampled after each. */
export interface Guide {
  beams: number;
  candidates: number;
}

/** What a method file exports. See ARCHITECTURE.md, "A method file". */
export interface Method extends Card {
  /** The kind of data that it trains on. */
  eats: DataKind;
  params: ParamSpecs;
  /** Data makers that suit it, the paper's own first. */
  sources: readonly Source[];
  /** The whole run: what is trained, one pass after another. A pass names only earlier ones. */
  passes(params: Params): readonly Pass[];
  /** The weights that the run returns; those of the last pass when left out, or undefined. */
  result?(params: Params): Blend | undefined;
  /** Named settings beside its defaults and its paper's: an ablation, a data set of the paper, a released run. */
  presets?: readonly Preset[];
  /** Whether the run's value head guides decoding at its end, to be measured beside greedy answers, and how. */
  guides?(params: Params): Guide | undefined;
  /** Optimiser settings of the paper, and what suits the built-in models. */
  defaults: {
    paper: Readonly<Record<string, number | string>>;
    learningRate: number;
    batchSize: number;
    /** Wrappers that stand around its data, with their parameters, unless they are taken away. */
    wrappers?: Readonly<Record<string, Params>>;
    /** The world that its claim is about, and the run that shows it; chained arithmetic when left out. */
    world?: WorldDefaults;
  };
}

/** What a method's default run in a world has otherwise than any run. */
export interface WorldDefaults {
  task: string;
  /** Parameters of the method that show its claim there; the others at their defaults. */
  params?: Params;
  /** That of the world's own model when left out. */
  difficulty?: string;
  model?: string;
  trees?: number;
  maxTokens?: number;
  steps?: number;
  schedule?: { kind: 'constant' | 'linear' | 'cosine'; warmup: number };
  evaluation?: { every?: number; problems?: number };
  checkpointEvery?: number;
  optimizer?: { beta2?: number; weightDecay?: number };
}

/** A method with the types of its own parameters. */
export interface MethodOf<P extends ParamSpecs>
  extends Omit<Method, 'params' | 'passes' | 'result' | 'guides'> {
  params: P;
  passes(params: Values<P>): readonly Pass[];
  result?(params: Values<P>): Blend | undefined;
  guides?(params: Values<P>): Guide | undefined;
}

/** The engine hands a method the values that `parseRun` checked against `params`; here their types are taken on trust. */
export const defineMethod = <P extends ParamSpecs>(method: MethodOf<P>): Method =>
  method as unknown as Method;

/** The pass that a method is known by, whose loss the calculator computes: its last. */
export const mainPass = (method: Method, params: Params): Pass => method.passes(params).at(-1)!;

/** Whether data of this kind compare answers to one prompt. */
export const comparesAnswers = (eats: DataKind): boolean =>
  !['solutions', 'answers', 'latent-images'].includes(eats);

/** Whether data of this kind are images, for a model that draws. */
export const areImages = (eats: DataKind): boolean => eats.startsWith('latent');
