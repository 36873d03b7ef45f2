import { choice, number } from '../methods/params';
import { labelled, pairTree } from '../search/build-trees';
import type { InjectedError, InjectionTally } from '../search/injected-errors';
import { injectErrors, splitPoints } from '../search/injected-errors';
import { judgedSteps } from '../search/judged-steps';
import type { PipelineContext } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import type { Answer } from '../search/sample-answers';
import { answerBatches } from '../search/sample-answers';
import { describeTally, newTally, TooFewTreesError, tooFewTrees } from '../search/tally';
import { throwIfAborted } from '../search/throw-if-aborted';
import type { PreferenceTree } from '../tree/tree';
import { count as counted, plural } from '../util/count';
import { sampling } from './sampling';
import { defineSource } from './source';

/** A pair on its way: its tree, once its number is known. */
type Waiting = (index: number) => PreferenceTree;

/** A right and a wrong answer as they were sampled: the paper's naive pairs. */
const naivePair =
  (ctx: PipelineContext, right: Answer, wrong: Answer): Waiting =>
  (index) =>
    pairTree({
      id: `${right.problem.id}#${index}`,
      prompt: promptTokens(ctx.tokenizer, right.problem),
      chosen: judgedSteps(right),
      rejected: judgedSteps(wrong),
    });

/** The two ends after the steps that they share; those are given, and not scored. */
const injectedPair =
  (ctx: PipelineContext, { answer, prefix, right, wrong }: InjectedError): Waiting =>
  (index) => {
    const { problem, steps } = answer;
    const text = [...prefix, ...wrong].map((step) => step.text).join('');
    const verdict = ctx.task.verify(problem, text);
    const isRight = (i: number) => verdict.steps[prefix.length + i]?.correct ?? verdict.correct;
    return pairTree({
      id: `${problem.id}#${index}`,
      prompt: promptTokens(ctx.tokenizer, problem),
      prefix: labelled(steps.slice(0, prefix.length), () => 1),
      chosen: labelled(right, () => 1),
      rejected: labelled(wrong, (i) => (isRight(i) ? 1 : 0)),
    });
  };

const describeInjections = ({ points, found, garbled }: InjectionTally) =>
  points === 0
    ? ''
    : `; ${plural(points, 'split point')}, an error after ${counted(found)}${garbled > 0 ? `, ${counted(garbled)} garbled` : ''}`;

/**
 * SCDPO's data: right answers are cut at every step, and the model is driven into errors from there by a temperature that rises with
 * each new step; a share of plain right-and-wrong pairs is mixed in.
 */
export const injectedErrors = defineSource({
  id: 'injected-errors',
  name: 'Injected errors',
  summary:
    'Cuts a right answer, lets the model go on from there at a rising temperature until it errs, and prefers the right end; plain pairs are mixed in.',
  params: {
    ...sampling,
    samples: {
      ...sampling.samples,
      help: 'Answers sampled to each problem, for right ones to cut and for plain pairs; the paper samples until it has both, at most 100.',
      min: 2,
    },
    naiveShare: number({
      label: 'plain pairs',
      help: 'Share of the pairs that are a right and a wrong answer as they came, whole. The paper takes about as many of either kind.',
      min: 0,
      max: 1,
      default: 0.5,
      from: 'paper',
    }),
    splits: choice({
      label: 'split points',
      help: 'Where right answers are cut.',
      options: { all: 'at every step, as the code', one: 'at one step drawn at random' },
      default: 'all',
      from: 'code',
    }),
    perAnswer: number({
      label: 'errors of one answer',
      help: 'Of the errors that one right answer gives, the first so many are kept; the code keeps 2 for GSM8K and 3 for MATH.',
      min: 1,
      max: 32,
      integer: true,
      default: 2,
      from: 'code',
    }),
    firstTemperature: number({
      label: 'first temperature',
      help: 'Of the first step after the cut.',
      min: 0.1,
      max: 3,
      default: 1.1,
      from: 'paper',
    }),
    rise: number({
      label: 'rise',
      help: 'By how much the temperature rises with each new step; the code has 0.1 for Mistral.',
      min: 0,
      max: 1,
      default: 0.05,
      from: 'paper',
    }),
    mostTemperature: number({
      label: 'highest temperature',
      help: 'Where it stops rising; hotter text is garbled and teaches nothing.',
      min: 0.1,
      max: 3,
      default: 1.4,
      from: 'paper',
    }),
    tries: number({
      label: 'tries',
      help: 'Samples after one split point until one is wrong; the paper tries up to 100 times.',
      min: 1,
      max: 100,
      integer: true,
      default: 8,
      from: 'ours',
    }),
  },
  makes: ['pairs'],
  async *make(ctx, params) {
    const { samples, temperature, topP, naiveShare, splits, perAnswer } = params;
    const { firstTemperature, rise, mostTemperature, tries } = params;
    const provocation = {
      temperature: firstTemperature,
      rise,
      most: Math.max(firstTemperature, mostTemperature),
      tries,
    };
    const tally = newTally();
    const injections: InjectionTally = { points: 0, found: 0, tried: 0, garbled: 0 };
    const note = () => describeTally(tally) + describeInjections(injections);
    const naive: Waiting[] = [];
    const injected: Waiting[] = [];
    let [made, madeNaive] = [0, 0];
    const sampled = { count: samples, temperature, topP };
    for await (const batch of answerBatches(ctx, sampled, tally, () => ctx.count - made)) {
      const cuts: { answer: Answer; at: number }[] = [];
      for (const answers of batch) {
        const right = answers.filter(({ verdict }) => verdict.correct);
        const wrong = answers.filter(({ verdict }) => !verdict.correct);
        if (right.length === 0) continue;
        const answer = ctx.rng.pick(right);
        if (wrong.length > 0) naive.push(naivePair(ctx, answer, ctx.rng.pick(wrong)));
        const points = splitPoints(answer);
        if (points.length === 0) continue;
        for (const at of splits === 'all' ? points : [ctx.rng.pick(points)]) cuts.push({ answer, at });
      }
      ctx.progress(made, note());
      if (naiveShare < 1) {
        const found = await injectErrors(ctx, cuts, provocation, injections);
        const ofAnswer = new Map<Answer, number>();
        for (const error of found) {
          const nth = (ofAnswer.get(error.answer) ?? 0) + 1;
          ofAnswer.set(error.answer, nth);
          if (nth <= perAnswer) injected.push(injectedPair(ctx, error));
        }
      }
      while (made < ctx.count) {
        const isNaive = madeNaive < naiveShare * (made + 1);
        const next = (isNaive ? naive : injected).shift();
        if (!next) break;
        throwIfAborted(ctx.signal);
        yield next(made);
        made++;
        if (isNaive) madeNaive++;
      }
      ctx.progress(made, note());
      if (made >= ctx.count) return;
    }
    const { points, found } = injections;
    if (points > 0 && found <= points / 100) {
      throw new TooFewTreesError(
        `Only ${counted(made)} of ${plural(ctx.count, 'tree')} could be made: after ${plural(points, 'split point')} the model erred readably ${plural(found, 'time')}. Raise the temperatures or the tries, choose a harder difficulty, or take more plain pairs.`,
      );
    }
    throw tooFewTrees(ctx, made, tally);
  },
});
