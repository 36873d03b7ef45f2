/** Terms that lessons use, in a sentence or two each. */
export interface Term {
  id: string;
  term: string;
  /** What it is, with the marks of a lesson's text. */
  is: string;
}

export const glossary: readonly Term[] = [
  {
    id: 'token',
    term: 'Token',
    is: 'A piece of text that the model writes at once. Here, in most worlds, a character.',
  },
  {
    id: 'log-prob',
    term: 'Log-prob',
    is: 'The logarithm of a probability: 0 for what is certain, more negative for what is less likely. Those of an answer’s tokens add up to the answer’s.',
  },
  {
    id: 'nat',
    term: 'Nat',
    is: 'The unit of log-probs. One nat less is 2.72 times less likely, ten nats are 22 thousand times.',
  },
  { id: 'policy', term: 'Policy', is: 'The model that is trained.' },
  {
    id: 'reference',
    term: 'Reference',
    is: 'The model that the policy is compared with, most often itself before training. Its weights do not change.',
  },
  {
    id: 'log-ratio',
    term: 'Log-ratio',
    is: 'Log-prob under the policy less log-prob under the reference: how far an answer has moved.',
  },
  {
    id: 'pair',
    term: 'Pair',
    is: 'Two answers to one prompt, of which one is preferred (chosen) to the other (rejected).',
  },
  {
    id: 'margin',
    term: 'Margin',
    is: 'Log-ratio of the chosen answer less that of the rejected one, times β: what the loss of a pair looks at.',
  },
  {
    id: 'implicit-reward',
    term: 'Implicit reward',
    is: 'β times the log-ratio: DPO reads the policy itself as a reward model.',
  },
  {
    id: 'beta',
    term: 'β',
    is: 'How strongly a policy is held to its reference. A larger one makes the loss content sooner.',
  },
  { id: 'learning-rate', term: 'Learning rate', is: 'How far a step moves the weights.' },
  {
    id: 'ln-2',
    term: 'ln 2',
    is: 'About 0.693: the logistic loss of a pair whose margin is 0. “No opinion”.',
  },
  {
    id: 'held-out-accuracy',
    term: 'Held-out accuracy',
    is: 'Share of problems solved that were never trained on.',
  },
  {
    id: 'paired',
    term: 'Paired difference',
    is: 'Two models answer the same problems; what is counted is where they differ. Known more closely than either accuracy.',
  },
  {
    id: 'interval',
    term: '95 % interval',
    is: 'Where the true value would lie nineteen times in twenty, if only chance were at work. An effect is called shown where it leaves out zero.',
  },
  {
    id: 'displacement',
    term: 'Likelihood displacement',
    is: 'Both answers of a pair become less likely, and something that neither says gains.',
  },
  { id: 'parting', term: 'Parting', is: 'The first token at which the two answers of a pair differ.' },
  { id: 'verifier', term: 'Verifier', is: 'A program that tells right lines from wrong ones.' },
  {
    id: 'credit',
    term: 'Credit assignment',
    is: 'Which token or step is to be thanked or blamed for how an answer ended.',
  },
  {
    id: 'net-push',
    term: 'Net push',
    is: 'What is left of a token’s push when both answers of a pair push it: on shared tokens they cancel.',
  },
  {
    id: 'judge',
    term: 'Judge',
    is: 'What gives answers a score. It may have a weakness, and training finds it.',
  },
  { id: 'on-policy', term: 'On-policy', is: 'Made by the model that is trained, not by another writer.' },
  {
    id: 'separability',
    term: 'Separability',
    is: 'How well a simple probe tells the two sides of pairs apart by the model’s states. High, where the sides differ in style.',
  },
  {
    id: 'pointwise',
    term: 'Pointwise',
    is: 'A loss of single answers with a label. Pairwise: a loss of two answers together.',
  },
  { id: 'target', term: 'Target', is: 'A margin at which a loss is content. DPO has none; IPO aims at one.' },
  {
    id: 'search-tree',
    term: 'Search tree',
    is: 'Steps that were tried, each with how often it was visited and what came back.',
  },
  {
    id: 'value-head',
    term: 'Value head',
    is: 'A small network beside the model that says how well a beginning will end.',
  },
  {
    id: 'round',
    term: 'Round',
    is: 'Fresh answers of the model so far, pairs made of them, and training on those.',
  },
  {
    id: 'collapse',
    term: 'Collapse',
    is: 'The model gives ever the same few answers, or ones that no longer solve anything.',
  },
  { id: 'attack', term: 'Attack', is: 'A way of asking for what is forbidden that gets round a refusal.' },
  { id: 'over-refusal', term: 'Over-refusal', is: 'Harmless requests that are refused.' },
  {
    id: 'length-bias',
    term: 'Length bias',
    is: 'The longer answer is preferred more often than its content deserves.',
  },
  {
    id: 'turn',
    term: 'Turn',
    is: 'One contribution to a conversation: the model’s, which is scored, or another’s, which is given.',
  },
  {
    id: 'denoising',
    term: 'Denoising',
    is: 'Making an image out of noise, step by step; each step can be preferred to another.',
  },
  {
    id: 'denoising-error',
    term: 'Error of denoising',
    is: 'How far off a model is that restores a noised image: the mean square over its numbers. It stands where a text has its log-prob.',
  },
  {
    id: 'reward-hacking',
    term: 'Reward hacking',
    is: 'A reward rises because training has found what it overlooks. A judge that nobody trained on tells.',
  },
];
