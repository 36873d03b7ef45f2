import type { MethodInfo, SourceInfo } from '../../src/train/method-info';

const beta = {
  kind: 'number' as const,
  label: 'β, strength of the reference',
  help: 'How strongly the policy is held to the reference. Larger moves less.',
  min: 0.001,
  max: 5,
  scale: 'log' as const,
  default: 0.1,
  from: 'paper' as const,
};

const answers: SourceInfo = {
  id: 'right-and-wrong',
  name: 'Right and wrong answers',
  summary: 'A right answer of the model is chosen, a wrong one rejected.',
  params: {},
  makes: ['pairs'],
};

const base = (id: string, name: string): MethodInfo => ({
  id,
  name,
  chapter: 'pairwise',
  paper: {
    title: `${name}: a paper`,
    authors: 'A. Author and others',
    year: 2023,
    url: 'https://arxiv.org/abs/2305.18290',
  },
  summary:
    'Raises the log-odds of the better answer over the worse one, measured against the frozen reference.',
  tex: String.raw`-\log\sigma\Big(\beta\log\frac{\pi(y_w)}{\pi_{\mathrm{ref}}(y_w)}-\beta\log\frac{\pi(y_l)}{\pi_{\mathrm{ref}}(y_l)}\Big)`,
  notes: [],
  params: { beta },
  defaults: { paper: { learningRate: 1e-6, batchSize: 64 }, learningRate: 1e-4, batchSize: 16 },
  eats: 'pairs',
  sources: [answers],
  wrappers: [],
  takes: [],
  presets: [],
  passes: [{ id, label: name }],
  needs: { reference: true, comparisons: true, steps: false },
  rewarded: true,
  weighted: false,
  staged: false,
});

/** A catalogue for tests of the page: the shapes that methods come in, without the tensor library. */
export const fakeMethods: MethodInfo[] = [
  {
    ...base('sft', 'SFT'),
    chapter: 'supervised',
    summary: 'Learns right solutions by heart, token by token; the baseline of the others.',
    tex: String.raw`-\tfrac1{|y|}\sum_t\log\pi(y_t\mid y_{<t})`,
    params: {},
    eats: 'solutions',
    needs: { reference: false, comparisons: false, steps: false },
    rewarded: false,
  },
  base('dpo', 'DPO'),
  {
    ...base('step-dpo', 'Step-DPO'),
    chapter: 'stepwise',
    summary: 'Prefers the right next step over the first wrong one, after a prefix that is right so far.',
    notes: [
      'Where no right step is found among the samples, the verifier writes one; the paper asks a stronger model.',
    ],
    params: {
      beta: { ...beta, default: 0.4, from: 'code' },
      samples: {
        kind: 'number',
        label: 'Samples per problem',
        help: 'Answers drawn before the first wrong step is looked for.',
        min: 1,
        max: 32,
        integer: true,
        default: 8,
        from: 'ours',
      },
    },
    eats: 'next-steps',
    needs: { reference: true, comparisons: true, steps: true },
  },
  {
    ...base('tgdpo', 'TGDPO'),
    chapter: 'token-level',
    summary: 'Weights each token by what a first DPO pass learned about it, then trains again.',
    weighted: true,
    staged: true,
  },
];
