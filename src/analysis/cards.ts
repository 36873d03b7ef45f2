import type { LabCard } from '../lab/lab';

/** What is said of analyses that the page speaks of without loading them. */
type Said = Omit<LabCard, 'params'>;

export const neuronCard = {
  id: 'neuron-dynamics',
  name: 'Neurons before and after',
  paper: {
    title: 'Ablation is Not Enough to Emulate DPO: How Neuron Dynamics Drive Toxicity Reduction',
    year: 2024,
    arxiv: '2411.06424',
  },
  summary:
    'A probe finds the direction of a habit. Which neurons write along it, how did training move them, and does doing the same to the model of before do what training did?',
  notes: [
    'The first version of the paper, on GPT-2 medium; here a model of a few hundred neurons and a habit of its world.',
    'Activations are what enters the down projection, a product in a gated MLP. The probe’s direction is taken back through the final norm’s gain.',
    'Whose answers activations are read on is open: each model’s own by default, or those of before for both, which leaves out what changes because the answers do.',
    'The paper holds a neuron at its mean after training, at every token. In a model of a few hundred neurons that takes away what each does from token to token, and breaks it; moved by its mean change, the default, it keeps that.',
  ],
} as const satisfies Said;

export const separabilityCard = {
  id: 'separability',
  name: 'How easily pairs are told apart',
  paper: {
    title: 'More is Less: The Pitfalls of Multi-Model Synthetic Preference Data in DPO Safety Alignment',
    year: 2025,
    arxiv: '2504.02193',
  },
  summary:
    'A linear probe on the hidden states of the model before training: can it tell chosen from rejected answers of prompts that it has not seen? Then training may learn no more than that cue.',
  notes: [
    'The paper’s code has no probe. Ours: mean of the final hidden state over the answer, L2 penalty 0.01 on standardised features, the prompts dealt to the folds.',
    'A probe above chance is no fault by itself: answers that differ in being right differ in their states.',
  ],
} as const satisfies Said;

export const agreementCard = {
  id: 'label-agreement',
  name: 'How true labels of steps are',
  paper: {
    title:
      'Aesthetic Post-Training Diffusion Models from Generic Preferences with Step-by-step Preference Optimization',
    year: 2024,
    arxiv: '2406.04314',
  },
  summary:
    'Of a run on images: two next states of one state are carried on to the image many times. Does the label of the step say which of the two ends better?',
  notes: [
    'Why methods on steps need labels of steps. The measure, weighted by how far the futures lie apart, is ours.',
    'It walks with the weights of now, at eta 1, and rewards by what the run prefers.',
  ],
} as const satisfies Said;
