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
  | 'turns';

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
} as const;

export type Chapter = keyof typeof chapters;

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
  /** "DPO, but ...": the method that this one changes, and what it changes of it. */
  kin?: { id: string; change: string };
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
  /** The weights that the run returns; those of the last pass when left out. */
  result?(params: Params): Blend;
  /** Named settings beside its defaults and its paper's: an ablation, a data set of the paper, a released run. */
  presets?: readonly Preset[];
  /** Optimiser settings of the paper, and what suits the built-in models. */
  defaults: {
    paper: Readonly<Record<string, number | string>>;
    learningRate: number;
    batchSize: number;
    /** The world that its claim is about, and the run that shows it; chained arithmetic when left out. */
    world?: WorldDefaults;
  };
}

/** What a method's default run in a world has otherwise than any run. */
export interface WorldDefaults {
  task: string;
  /** That of the world's own model when left out. */
  difficulty?: string;
  model?: string;
  trees?: number;
  maxTokens?: number;
  steps?: number;
  schedule?: { kind: 'constant' | 'linear' | 'cosine'; warmup: number };
  evaluation?: { every?: number; problems?: number };
}

/** A method with the types of its own parameters. */
export interface MethodOf<P extends ParamSpecs> extends Omit<Method, 'params' | 'passes' | 'result'> {
  params: P;
  passes(params: Values<P>): readonly Pass[];
  result?(params: Values<P>): Blend;
}

/** The engine hands a method the values that `parseRun` checked against `params`; here their types are taken on trust. */
export const defineMethod = <P extends ParamSpecs>(method: MethodOf<P>): Method =>
  method as unknown as Method;

/** The pass that a method is known by, whose loss the calculator computes: its last. */
export const mainPass = (method: Method, params: Params): Pass => method.passes(params).at(-1)!;

/** Whether data of this kind compare answers to one prompt. */
export const comparesAnswers = (eats: DataKind): boolean => eats !== 'solutions' && eats !== 'answers';
