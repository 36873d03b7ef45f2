/**
 * A lesson with its runs cut short, for whoever tries it out or tests it: `view.brief=4` in the address. Its documents are others than
 * the whole runs', so that neither is taken for the other, and its answers are kept apart.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { RunDocument } from '../../train/run-document';
import { plural } from '../format';

/** Pairs that are made, and held-out problems that are answered, at most. */
export const briefExamples = 24;

const least = (value: number) => Math.min(value, briefExamples);

/** The same run of at most so many updates, from few pairs and measured on few problems. */
export const cutShort = (document: RunDocument, updates: number): RunDocument => {
  const steps = Math.min(document.steps, updates);
  const { data, evaluation } = document;
  return {
    ...document,
    steps,
    batchSize: least(document.batchSize),
    data: { ...data, trees: least(data.trees) },
    evaluation: {
      every: Math.min(evaluation.every, Math.ceil(steps / 2)),
      problems: least(evaluation.problems),
    },
  };
};

/** Says so on the page. */
export const briefNote = (updates: number | undefined, whole: string): TemplateResult | typeof nothing =>
  updates === undefined
    ? nothing
    : html`<p class="lesson-brief" data-testid="lesson-brief"><strong>Cut short.</strong> Each run stops after ${plural(updates, 'update')} a pass, from at most ${briefExamples} pairs, and is measured on at most ${briefExamples} problems. The texts speak of the whole runs; replies are read off these, so what a lesson is about may not show. <a href=${whole}>The whole lesson</a></p>`;
