import type { Guide } from '../methods/method';
import { mainPass } from '../methods/method';
import type { Head } from '../methods/objective';
import { generate } from '../model/generate';
import type { Network } from '../model/network';
import type { StepBeamContext } from '../search/step-beam';
import { stepBeamAnswers } from '../search/step-beam';
import type { Problem } from '../tasks/task';
import { sequenceValues } from '../train/sequence-values';
import type { Measure } from '../util/measure';
import { shareOf } from '../util/measure';
import { yieldToMessages } from '../util/mutex';
import { createRng } from '../util/rng';
import type { PassRunner, RunParts } from './pass-runner';
import type { RunContext } from './run-context';

/** How steps are sampled for the value to choose from, as SVPO does. */
const SAMPLING = { temperature: 0.6, topP: 1, depth: 16 };

/** The guide of a pass that ends a run with a value head; undefined where there is none. */
const guideAt = (
  { method, document }: RunContext,
  { pass, step, steps }: PassRunner,
): (Guide & { head: Head }) | undefined => {
  const { params } = document.method;
  const { head } = pass.objective.reads;
  if (!head || step < steps || pass.id !== mainPass(method, params).id) return undefined;
  const guide = method.guides?.(params);
  return guide && { ...guide, head };
};

/** Share of problems that a policy answers rightly when the present value head guides it. */
const guidedShare = async (
  { task, model, document, signal }: RunContext,
  problems: readonly Problem[],
  { head, ...beam }: Guide & { head: Head },
  { policy, valued }: { policy: Network; valued: Network },
  named: Pick<Measure, 'id' | 'name'>,
): Promise<Measure> => {
  const { tokenizer } = model;
  const { maxTokens } = document.data;
  const rng = createRng(document.seed).fork('guided');
  const beamContext: StepBeamContext = {
    task,
    tokenizer,
    signal,
    sample: (requests, options) =>
      generate(policy, requests, options, rng, { signal, onToken: yieldToMessages }),
    values: (sequences) => sequenceValues(valued, head, sequences, yieldToMessages),
  };
  const answers = await stepBeamAnswers(beamContext, problems, { ...SAMPLING, ...beam, maxTokens });
  const right = problems.filter(
    (problem, i) => task.verify(problem, tokenizer.decode(answers[i]!)).correct,
  ).length;
  return shareOf({ ...named, better: 'higher' }, right, problems.length);
};

/** The trained policy and the one that the run began with, both guided by the trained value. */
export const guidedMeasures = async (
  ctx: RunContext,
  runner: PassRunner,
  { weights }: RunParts,
  problems: readonly Problem[],
): Promise<Measure[]> => {
  const guide = guideAt(ctx, runner);
  if (!guide) return [];
  ctx.setPhase('evaluating', 'Answering by the value head.');
  return ctx.onDevice(async () => {
    const valued = runner.network();
    const share = (policy: Network, id: string, name: string) =>
      guidedShare(ctx, problems, guide, { policy, valued }, { id, name });
    return [
      await share(weights.reference(), 'guided-before', 'solved before, guided by the value'),
      await share(valued, 'guided', 'solved, guided by the value'),
    ];
  });
};
