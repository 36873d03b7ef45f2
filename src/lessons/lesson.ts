/**
 * A lesson is one page of steps as data. It asks before it shows; its runs start only when asked for; what it replies is read
 * off those runs, with a branch for the effect that did not appear.
 */
import type { Measure, RunPhase, TrainerApi } from '../../workers/protocol';
import type { LabResult } from '../lab/lab';
import type { RunDocument } from '../train/run-document';
import type { EvaluationPoint, Point, ProbePoint } from '../ui/state';

/** Text with four marks: *emphasis*, `code`, [words](#/place), and {a number of a run}. */
export type Rich = string;

/** An answer of the reader: an option's value, a number, the index of a line. */
export type Given = string | number;

/** Fields of a run document by their paths, as an address has them. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/** A run of the lesson that has ended, or an arm of one. */
export interface LiveRun {
  document: RunDocument;
  phase: RunPhase;
  points: readonly Point[];
  evaluations: readonly EvaluationPoint[];
  probes: readonly ProbePoint[];
  /** Of its data, by pass. */
  made: Readonly<Record<string, readonly Measure[]>>;
}

/** What replies are made of. */
export interface Live {
  /** Runs that have ended, by their names; one, or the arms of a comparison in their order. */
  runs: Readonly<Record<string, readonly LiveRun[]>>;
  /** What was looked at in the model of a run at its end, by the run's name and the look's. */
  looks: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Results of experiments, by name. */
  labs: Readonly<Record<string, LabResult>>;
  /** Answers to the questions, by the number of the step. */
  given: Readonly<Record<number, Given>>;
  /** What sliders stand at, by their ids. */
  set: Readonly<Record<string, number>>;
}

/** Of the engine, what a look may ask for while the run is open and rests. */
export type Looker = Pick<
  TrainerApi,
  'trees' | 'credit' | 'logProbs' | 'tokenize' | 'problems' | 'answer' | 'analyse'
>;

/** A question put to the model of a run at its end; the answer is plain JSON, kept with the reader's progress. */
export type Look = (engine: Looker, documents: readonly RunDocument[]) => Promise<unknown>;

export interface RunSpec {
  name: string;
  /** On its button: "Train: …". */
  title: string;
  /** Laid over the lesson's own document. */
  fields?: Fields;
  /** What each arm of a comparison has of its own. */
  arms?: readonly Fields[];
  looks?: Readonly<Record<string, Look>>;
  /** What it took on two cores, for the button. */
  seconds: number;
}

/** An experiment without a language model. */
export interface LabSpec {
  name: string;
  title: string;
  lab: string;
  params: Readonly<Record<string, number | boolean | string>>;
  seconds: number;
}

export type Work = RunSpec | LabSpec;

export const isLab = (work: Work): work is LabSpec => 'lab' in work;

export interface Option {
  value: string;
  text: Rich;
}

export type Ask = { text?: Rich } & (
  | {
      kind: 'choice';
      options: readonly Option[] | ((live: Live) => readonly Option[]);
      /** Undefined where nothing decides it yet. */
      truth(live: Live): string | undefined;
    }
  /** A guess counts as right within `near` of the truth. */
  | { kind: 'number'; unit: string; near: number; truth(live: Live): number | undefined }
  /** One line of a text; numbers of lines begin at 1. */
  | {
      kind: 'line';
      lines: readonly string[] | ((live: Live) => readonly string[]);
      truth(live: Live): number | undefined;
    }
  /** Each of several things with one of the options; an answer has the options' values in the things' order, with commas. */
  | {
      kind: 'match';
      items: readonly Rich[];
      options: readonly Option[];
      truth(live: Live): string | undefined;
    }
);

export interface Slider {
  id: string;
  label: string;
  low: number;
  high: number;
  step: number;
  start: number;
}

/** Something to be set by hand until it is as asked. */
export interface Setting {
  text: Rich;
  sliders: readonly Slider[];
  done(set: Readonly<Record<string, number>>, live: Live): boolean;
  /** Where they may stand when it is as asked. */
  example: Readonly<Record<string, number>>;
  /** What it makes now. */
  says(set: Readonly<Record<string, number>>, live: Live): Rich;
}

export interface Bar {
  label: string;
  value: number;
  /** What stands at its end. */
  text: string;
  /** Custom property of its colour. */
  color?: string;
}

export interface Picture {
  /** Bytes, three a pixel. */
  pixels: ArrayLike<number>;
  label: string;
}

export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** Pieces of a text; one may be framed, marked right or wrong, or quiet. */
export interface TextLine {
  text: string;
  mark?: 'right' | 'wrong' | 'quiet' | undefined;
  note?: string | undefined;
}

/** What a step shows; each is drawn once its numbers are there. Those with `early` do not wait for the answer. */
export type View = { early?: true; title: string } & (
  | {
      view: 'lines';
      of: 'loss' | 'chosen' | 'rejected' | 'solved' | 'tokens';
      runs: readonly (readonly [name: string, label: string])[];
    }
  /** Bars end at `to`, or further where one is longer. */
  | { view: 'bars'; to?: number; of(live: Live): readonly Bar[] | undefined }
  | { view: 'table'; of(live: Live): Table | undefined }
  | { view: 'texts'; of(live: Live): readonly { heading: string; lines: readonly TextLine[] }[] | undefined }
  | {
      view: 'credit';
      run: string;
      look: string;
      pair?: number;
      measure: 'push' | 'net' | 'weight' | 'reward';
    }
  | { view: 'race'; run: string | ((live: Live) => string) }
  | {
      view: 'plane';
      runs: readonly (readonly [name: string, label: string])[];
      ring?: readonly [x: string, y: string];
    }
  | { view: 'who'; run: string }
  | { view: 'stretches'; runs: readonly (readonly [name: string, label: string])[] }
  | { view: 'length'; run: string; arm?: number }
  | { view: 'figures'; lab: string; only?: readonly string[] }
  /** Rows of pictures that a model drew. */
  | {
      view: 'pictures';
      of(live: Live): readonly { heading: string; pictures: readonly Picture[] }[] | undefined;
    }
);

export interface Note {
  title: string;
  text: Rich;
}

export interface Step {
  title: string;
  /** In its line while it is still to come. */
  teaser: string;
  /** At most 60 words. */
  say: Rich | ((live: Live) => Rich);
  ask?: Ask | undefined;
  /** What is to be run before the reply; it may follow from the answer. */
  run?: Work | ((given: Given | undefined, live: Live) => Work | undefined);
  set?: Setting;
  show?: readonly View[];
  /** Undefined while its numbers are not there. */
  reply(live: Live, given: Given | undefined): Rich | undefined;
  /** In its line once it is past; the reply's first sentence where left out. */
  result?(live: Live, given: Given | undefined): Rich | undefined;
  notes?: readonly Note[];
  /** For whoever teaches. */
  teach?: Rich;
}

/** What the lesson says that its runs show, held with three seeds by `npm run lessons`. */
export interface Claim {
  id: string;
  text: string;
  /** Undefined where its runs are not there. */
  holds(live: Live): boolean | undefined;
}

export interface Lesson {
  id: string;
  /** Fields of the document that its runs share. */
  base: Fields;
  steps: readonly Step[];
  claims: readonly Claim[];
  /** Ids of terms in the glossary. */
  terms: readonly string[];
}

export interface LessonCard {
  id: string;
  /** Its place among the numbered ones. */
  number?: number;
  title: string;
  /** Under the title. */
  lede: string;
  minutes: number;
  runs: string;
  learns: string;
}

/** The works that a step may ask for, over all answers that can be given. */
export const worksOf = (step: Step, live: Live): Work[] => {
  const { run, ask } = step;
  if (!run) return [];
  if (typeof run !== 'function') return [run];
  const answers: (Given | undefined)[] =
    ask?.kind === 'choice' ? optionsOf(ask, live).map(({ value }) => value) : [undefined];
  return answers.flatMap((given) => run(given, live) ?? []);
};

export const optionsOf = (ask: Ask, live: Live): readonly Option[] =>
  ask.kind !== 'choice' ? [] : typeof ask.options === 'function' ? ask.options(live) : ask.options;

/** The parts of an answer to a match; empty where nothing was chosen. */
export const partsOf = (ask: Ask, given: Given | undefined): string[] => {
  const parts = String(given ?? '').split(',');
  return ask.kind !== 'match' ? [] : ask.items.map((_, i) => parts[i] ?? '');
};

export const linesOf = (ask: Ask, live: Live): readonly string[] =>
  ask.kind !== 'line' ? [] : typeof ask.lines === 'function' ? ask.lines(live) : ask.lines;

export const sayOf = (step: Step, live: Live): Rich =>
  typeof step.say === 'function' ? step.say(live) : step.say;

/** What the question turned out to be; undefined where nothing decides it. */
export const truthOf = (step: Step, live: Live): Given | undefined => step.ask?.truth(live);

/** Whether an answer is right; undefined where nothing decides it. */
export const judged = (step: Step, live: Live, given: Given | undefined): boolean | undefined => {
  const truth = truthOf(step, live);
  if (truth === undefined || given === undefined || !step.ask) return undefined;
  if (step.ask.kind === 'number') return Math.abs(Number(given) - Number(truth)) <= step.ask.near;
  return String(given) === String(truth);
};
