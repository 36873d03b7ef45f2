import type { ParamSpecs, Params, Values } from '../methods/params';

/** One line or cloud of points. */
export interface LabSeries {
  label: string;
  x: readonly number[];
  /** null where there is no value. */
  y: readonly (number | null)[];
  /** 95 % interval at each x, where there is one. */
  low?: readonly number[];
  high?: readonly number[];
  /** Drawn as dots, not as a line. */
  points?: true;
  /** A value that theory gives, drawn quietly. */
  theory?: true;
}

/** A chart as numbers, with what it shows in a sentence. */
export interface LabChart {
  kind?: 'chart';
  id: string;
  title: string;
  xAxis: string;
  yAxis: string;
  /** The y axis is logarithmic. */
  log?: true;
  series: readonly LabSeries[];
  sentence: string;
}

/** Policies over three actions, as points of a triangle. */
export interface LabTriangle {
  kind: 'triangle';
  id: string;
  title: string;
  corners: readonly [string, string, string];
  /** Where a policy goes, and how fast: shares, and their change. */
  arrows: readonly { at: readonly number[]; by: readonly number[] }[];
  path: readonly (readonly number[])[];
  sentence: string;
}

/** Amounts side by side. */
export interface LabBars {
  kind: 'bars';
  id: string;
  title: string;
  axis: string;
  /** The numbers are shares, shown in percent. */
  shares?: true;
  bars: readonly {
    label: string;
    value: number;
    low?: number;
    high?: number;
    /** Said beside it in the table. */
    note?: string;
  }[];
  sentence: string;
}

/** Answers beside one another. */
export interface LabTexts {
  kind: 'texts';
  id: string;
  title: string;
  columns: readonly string[];
  rows: readonly { prompt: string; texts: readonly string[] }[];
  sentence: string;
}

export type LabFigure = LabChart | LabTriangle | LabBars | LabTexts;

export interface LabResult {
  /** What came out, in sentences made of the numbers. */
  says: readonly string[];
  /** The figures that those sentences stand on, by name. */
  numbers: Readonly<Record<string, number>>;
  figures: readonly LabFigure[];
}

export interface LabHooks {
  seed: number;
  /** Awaited now and then: lets others have their turn, and throws when the run was cancelled. */
  tick(done: number, total: number): Promise<void>;
}

/** What is said of an experiment. */
export interface LabCard {
  id: string;
  name: string;
  paper: { title: string; year: number; arxiv?: string };
  /** The question, in a sentence or two. */
  summary: string;
  /** Where we differ from the paper, or what is open. */
  notes: readonly string[];
  params: ParamSpecs;
}

/** An experiment without a language model: seconds of arithmetic from a few parameters and a seed. */
export interface Lab extends LabCard {
  run(params: Params, hooks: LabHooks): Promise<LabResult>;
}

interface LabOf<P extends ParamSpecs> extends Omit<LabCard, 'params'> {
  params: P;
  run(params: Values<P>, hooks: LabHooks): Promise<LabResult>;
}

/** Values come checked against `params`; here their types are taken on trust. */
export const defineLab = <P extends ParamSpecs>(lab: LabOf<P>): Lab => lab as unknown as Lab;

/** Parameters that an experiment cannot be run with, a line each: "name: what is wrong". */
export class LabParamsError extends Error {
  override name = 'LabParamsError';
}
