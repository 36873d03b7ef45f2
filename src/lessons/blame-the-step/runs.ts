import type { Live, RunSpec } from '../lesson';
import { type PushLook, pushesOn, type WeightLook, weightsOf } from '../looks';

/** A step so small that nothing moves: what is looked at is the push before training. */
export const still = {
  'data.trees': 48,
  steps: 1,
  'optimizer.learningRate': 1e-7,
  'evaluation.every': 0,
  'evaluation.problems': 0,
  'probe.pairs': 0,
};

export const lookAtDpo: RunSpec = {
  name: 'look-dpo',
  title: 'one step that moves nothing, to look at 48 pairs',
  fields: still,
  looks: { pushes: pushesOn(48) },
  seconds: 8,
};
export const lookAtStep: RunSpec = {
  name: 'look-step',
  title: 'the same with Step-DPO, to look at 48 pairs',
  fields: { ...still, 'method.id': 'step-dpo' },
  looks: { pushes: pushesOn(48) },
  seconds: 8,
};
export const race: RunSpec = {
  name: 'race',
  title: 'DPO and Step-DPO, side by side',
  fields: { 'evaluation.every': 15 },
  arms: [{ 'method.id': 'dpo' }, { 'method.id': 'step-dpo' }],
  seconds: 25,
};
export const guided: RunSpec = {
  name: 'guided',
  title: 'DPO and TGDPO twice, gently and with alpha 10',
  fields: { 'evaluation.every': 0 },
  arms: [
    { 'method.id': 'dpo' },
    { 'method.id': 'tgdpo' },
    { 'method.id': 'tgdpo', 'method.params.alpha': 10 },
  ],
  looks: { weights: weightsOf(1, 8), strong: weightsOf(2, 8) },
  seconds: 30,
};

export const sharesIn = ({ looks }: Live, name: string) =>
  (looks[name]?.['pushes'] as PushLook | undefined)?.shares;
export const weightsIn = ({ looks }: Live, look: string) => looks['guided']?.[look] as WeightLook | undefined;

/** A difference of less than this many points is called none in a guess. */
export const near = 0.03;

/** The problem is `20,+2,-5,*4,+29`. */
export const wrongAnswer = ['20+2=22', '22-5=27', '27*4=108', '108+29=137', 'A:137'] as const;

export const halves = (value: number) => (value < 0.25 ? 'little' : value > 0.6 ? 'most' : 'half');
