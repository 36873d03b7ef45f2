/** What a study is: a paper's claim, tried again in a small world. Written down before its first run. */

/** A field of a run document, or a parameter of an experiment. */
export type Value = number | boolean | string;

/** Fields of a run document by their paths (`optimizer.learningRate`), or parameters of an experiment by their names. */
export type Fields = Readonly<Record<string, Value>>;

/** One of the two things that are compared. */
export interface Arm {
  id: string;
  label: string;
  /** Id in the catalogue; of studies on a language model. */
  method?: string;
  set: Fields;
  /** Of studies on an experiment: which of its numbers is which measure. */
  reads?: Readonly<Record<string, string>>;
}

/** A number of a run after training, and how it is said. */
export interface Measure {
  /** Of an evaluation (`accuracy`, `meanTokens`, what the world measures), or as the arms read it. */
  id: string;
  name: string;
  unit: string;
  /** Shown numbers are this many times the measured ones; 1 when left out. */
  times?: number;
  /** Digits behind the point, 1 when left out. */
  digits?: number;
}

/** A further base model of the same world. */
export interface FurtherBase {
  model: string;
  /** By arm: the settings chosen on this model, in place of those chosen on the first. */
  set: Readonly<Record<string, Fields>>;
}

export interface Study {
  id: string;
  /** What it is known by: the method, mostly. */
  name: string;
  /** Methods of the catalogue that it is about. */
  methods: readonly string[];
  paper: { title: string; year: number; arxiv: string };
  /** One sentence, ours. */
  claim: string;
  /** Where the paper says it. */
  place: string;
  /** What both arms run on: a language model with changes of the methods' default run, or an experiment of the lab. */
  on: { model: string; set: Fields } | { lab: string; set: Fields };
  /** On each of these the study has a verdict of its own. */
  bases?: readonly FurtherBase[];
  /** The first less the second is what is measured. */
  arms: readonly [Arm, Arm];
  measure: Measure;
  /** What the paper claims of the first arm, beside the second. */
  direction: 'more' | 'less';
  /** The smallest difference that would matter here, in the measure's unit. */
  interest: number;
  /** Nothing in it is random: one run, a number and no interval. */
  exact?: true;
  /** The verdict is made from all of these and no others. */
  seeds: readonly number[];
  /** Measured beside it, without a verdict. */
  also?: readonly Measure[];
  /** How settings were chosen, on other seeds: the arm's own is the best of those that were tried. */
  chosen?: {
    seeds: readonly number[];
    /** Id of a measure; of several the best has the largest mean. */
    by: string;
    /** A setting that is so far behind the best on the first of these seeds is not run on the others. */
    farBehind?: number;
    /** Changes of both arms while choosing. */
    set?: Fields;
    /** By arm, the settings tried. */
    tried: Readonly<Record<string, readonly Fields[]>>;
  };
  /** What was done, in a sentence or two. */
  says: string;
  /** Processor seconds of a seed, both arms; a guess until it has been run. */
  price: number;
  /** What may be wrong with it. */
  doubt: { title: string; text: string };
}

export const armIds = ({ arms }: Study): string[] => arms.map(({ id }) => id);

/** The study's measures by their ids, its own first. */
export const measuresOf = ({ measure, also = [] }: Study): Measure[] => [measure, ...also];
