/** Made-up numbers of a lesson's runs, as no training gave them: every branch of a reply has to say something of them. */

import { settledOf } from '../../src/lessons/check';
import { isLab, type Lesson, type Live, type LiveRun, type RunSpec } from '../../src/lessons/lesson';
import { methods } from '../../src/methods/index';
import { describeMethod } from '../../src/train/method-info';
import type { RunDocument } from '../../src/train/run-document';
import { documentsOf } from '../../src/ui/lessons/documents';
import { noLive, worksIn } from '../../src/ui/lessons/live-of';
import { createRng, type Rng } from '../../src/util/rng';
import { wilson } from '../../src/util/wilson';
import type { Measure, ProbeSide } from '../../workers/protocol';

export const catalogue = methods.map(describeMethod);

/** Ids of measures and of what makers measure that lessons read. */
const measureIds = {
  evaluation: [
    'asr',
    'asr-trained',
    'asr-new-wrappers',
    'asr-new-topics',
    'asr-new-both',
    'unwrapped',
    'over-refusal',
    'solved',
    'unreadable',
    'turns',
    'rude',
    'hue',
    'recognised',
    'shape',
    'brightness',
  ],
  made: ['right-chosen', 'agreement'],
};

const sides = ['before', 'parting', 'after'].length;

/** A number from a to b, at times just the one or the other. */
const amount = (rng: Rng, a: number, b: number) => {
  const at = rng.next();
  return at < 0.15 ? a : at > 0.85 ? b : a + (b - a) * rng.next();
};

const measure = (id: string, value: number): Measure => ({
  id,
  name: id,
  better: 'neither',
  unit: 'share',
  value,
  interval: [Math.max(0, value - 0.05), Math.min(1, value + 0.05)],
  count: 10,
});

const madeRun = (document: RunDocument, rng: Rng): LiveRun => {
  const problems = 40;
  const steps = [0, Math.ceil(document.steps / 2), document.steps];
  const second = rng.next() < 0.6 ? 'second' : 'main';
  const evaluations = steps.map((step) => {
    const share = amount(rng, 0, 1);
    const solved = Array.from({ length: problems }, () => (rng.next() < share ? '1' : '0')).join('');
    const right = [...solved].filter((c) => c === '1').length;
    return {
      x: step,
      evaluation: {
        stage: step === document.steps ? second : 'main',
        step,
        problems,
        accuracy: right / problems,
        interval: wilson(right, problems),
        stepAccuracy: amount(rng, 0, 1),
        meanTokens: amount(rng, 5, 60),
        solved,
        measures: measureIds.evaluation.map((id) => measure(id, amount(rng, 0, 1))),
      },
    };
  });
  const fall = amount(rng, -20, 3);
  const nextOf = (id: number) => ({ id, text: String(id), p: rng.next() / 3 });
  const parting = () => {
    const [chosen, rejected, third] = [nextOf(1), nextOf(2), nextOf(3)];
    const likeliest = [chosen, rejected, third].sort((a, b) => b.p - a.p);
    return { after: '1+1=', chosen, rejected, likeliest };
  };
  const parted = rng.next() < 0.85;
  const starts = Array.from({ length: 3 }, () => [amount(rng, -8, -2), amount(rng, -8, -2)] as const);
  const side = (start: number, by: number): ProbeSide => ({
    logProb: Array.from({ length: sides }, () => start + by * rng.next()) as ProbeSide['logProb'],
    tokens: [3, 1, 3],
  });
  const probes = steps.map((step, i) => ({
    x: step,
    probe: {
      stage: 'main',
      step,
      pairs: [0, 1, 2].map((tree) => ({
        tree,
        heldOut: false,
        chosen: side(starts[tree]![0], fall * i),
        rejected: side(starts[tree]![1], -20 * i),
        ...(parted && { parting: parting() }),
      })),
    },
  }));
  const points = Array.from({ length: document.steps }, (_, i) => ({
    x: i + 1,
    stage: i + 1 > document.steps / 2 ? second : 'main',
    metrics: {
      step: i + 1,
      loss: rng.next() < 0.5 ? Math.LN2 : amount(rng, 0.01, 0.9),
      'rewards/accuracies': amount(rng, 0, 1),
      'rewards/margins': amount(rng, -1, 5),
      grad_norm: amount(rng, 0, 2),
      'errors/chosen': amount(rng, -0.1, 0.1),
      'errors/rejected': amount(rng, -0.1, 0.1),
    },
  }));
  const made = { run: measureIds.made.map((id) => measure(id, amount(rng, 0, 1))) };
  return { document, phase: 'finished', points, evaluations, probes, made };
};

/** Results of experiments, some of their numbers bent: a reply has to have something to say to those, too. */
const bent = (labs: Live['labs'], rng: Rng): Live['labs'] =>
  Object.fromEntries(
    Object.entries(labs).map(([name, lab]) => {
      const numbers = Object.entries(lab.numbers).map(([key, value]) => [
        key,
        rng.next() < 0.5 ? value : value * amount(rng, 0, 2),
      ]);
      return [name, { ...lab, numbers: Object.fromEntries(numbers) as Record<string, number> }];
    }),
  );

export type MadeLooks = Readonly<Record<string, (rng: Rng) => unknown>>;

/**
 * @param looks what looks are made to have seen, by their names
 * @param labs results of experiments, by the names of their works
 */
export const madeLive = (lesson: Lesson, seed: number, looks: MadeLooks, labs: Live['labs']): Live => {
  const rng = createRng(seed);
  const runs: Record<string, readonly LiveRun[]> = {};
  const seen: Record<string, Record<string, unknown>> = {};
  for (const work of worksIn(lesson, noLive)) {
    if (isLab(work)) continue;
    runs[work.name] = documentsOf(lesson, work, 1, catalogue, 'wasm').map((document) =>
      madeRun(document, rng),
    );
    seen[work.name] = Object.fromEntries(
      Object.keys((work as RunSpec).looks ?? {}).map((name) => [name, looks[name]!(rng)]),
    );
  }
  return { runs, looks: seen, labs: bent(labs, rng), given: {}, set: settledOf(lesson) };
};
