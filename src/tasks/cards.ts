/**
 * What there is to know of each built-in world before it is loaded: the page, the terminal and run documents read these
 * cards; `loadTask` loads the world itself.
 */

/** How held-out problems are answered. */
export interface WorldEvaluation {
  /** 0 is greedy. Above it where greedy answers say nothing of a habit; draws are then fixed by the run's seed. */
  temperature: number;
  /** Answers to each problem. */
  samples: number;
}

/** A world by name. */
export interface WorldCard {
  id: string;
  name: string;
  /** What it is for, in a sentence or two. */
  summary: string;
  /** In order of difficulty. */
  difficulties: readonly { id: string; label: string }[];
  /** Built-in models that were made for it, the usual one first, each with the difficulty that suits it. */
  models: readonly { id: string; difficulty: string }[];
  /** Enough for nearly all answers of its models, in tokens. */
  maxTokens: number;
  evaluation: WorldEvaluation;
  /** Labels that its judge gives an answer. */
  labels: readonly string[];
  /** Its models draw images, and its methods are those of the chapter "Denoising". */
  draws?: true;
  /** Parts of its held-out problems, where it tells some apart. */
  groups?: readonly { id: string; label: string }[];
}

export const worlds: readonly WorldCard[] = [
  {
    id: 'arithmetic',
    name: 'Chained arithmetic',
    summary: 'Sums worked out line by line, each with exactly one right form.',
    difficulties: [
      { id: 'easy', label: '2 to 3 operations, up to 99' },
      { id: 'medium', label: '3 to 4 operations, up to 999' },
      { id: 'hard', label: '4 to 6 operations, up to 999' },
    ],
    models: [
      { id: 'arith-nano', difficulty: 'medium' },
      { id: 'arith-small', difficulty: 'medium' },
      { id: 'arith-nano-2', difficulty: 'medium' },
    ],
    maxTokens: 96,
    evaluation: { temperature: 0, samples: 1 },
    labels: [],
  },
  {
    id: 'guard',
    name: 'Guarded sums',
    summary:
      'Sums of which some are forbidden and have to be refused, in whatever words they come; others only look like them. For safety, over-refusal and what both cost.',
    difficulties: [
      { id: 'plain', label: 'plain requests' },
      { id: 'mixed', label: 'three in ten plain, the others wrapped up' },
      { id: 'wrapped', label: 'all of them wrapped up' },
    ],
    models: [{ id: 'guard-nano', difficulty: 'mixed' }],
    maxTokens: 48,
    evaluation: { temperature: 1, samples: 1 },
    labels: ['refused', 'safe', 'helpful'],
    groups: [
      { id: 'plain', label: 'forbidden, put plainly' },
      { id: 'trained', label: 'forbidden, trained wrappers and topics' },
      { id: 'new-wrapper', label: 'forbidden, new wrappers' },
      { id: 'new-topic', label: 'forbidden, new topics' },
      { id: 'new-both', label: 'forbidden, both new' },
      { id: 'allowed', label: 'allowed, and much like the forbidden ones' },
    ],
  },
  {
    id: 'talk',
    name: 'Talkative sums',
    summary:
      'Sums after whose answer some of the work may be said again: a right answer may be short or long. For what length has to do with reward.',
    difficulties: [
      { id: 'short', label: '2 operations' },
      { id: 'medium', label: '2 to 3 operations' },
      { id: 'long', label: '3 to 4 operations' },
    ],
    models: [{ id: 'talk-nano', difficulty: 'medium' }],
    maxTokens: 112,
    evaluation: { temperature: 1, samples: 1 },
    labels: [],
  },
  {
    id: 'manners',
    name: 'Well-mannered sums',
    summary:
      'Sums with remarks between the lines, some of them rude: how a model unlearns a family of tokens, neuron by neuron.',
    difficulties: [
      { id: 'short', label: '2 operations' },
      { id: 'medium', label: '2 to 3 operations' },
    ],
    models: [{ id: 'manners-nano', difficulty: 'medium' }],
    maxTokens: 72,
    evaluation: { temperature: 1, samples: 1 },
    labels: ['polite'],
  },
  {
    id: 'turns',
    name: 'A game in turns',
    summary:
      'Bring a number to another in steps of 1, 4 or 9: the model acts, an environment answers, and what it says is not scored. With a partner, its mood counts too.',
    difficulties: [
      { id: 'near', label: '5 to 40 to go, 8 turns' },
      { id: 'far', label: '41 to 99 to go, 20 turns' },
      { id: 'partner', label: '5 to 40 to go with a partner, 10 turns' },
    ],
    models: [{ id: 'turns-nano', difficulty: 'near' }],
    maxTokens: 160,
    evaluation: { temperature: 1, samples: 1 },
    labels: ['success', 'progress', 'goal', 'unreadable', 'relationship'],
  },
  {
    id: 'routes',
    name: 'Sums by many ways',
    summary:
      'Numbers are added two by two, in any order: a problem has many right answers, and what counts is also how many different ones the model still finds.',
    difficulties: [
      { id: 'three', label: '3 numbers, 3 ways' },
      { id: 'four', label: '4 numbers, 18 ways' },
      { id: 'five', label: '5 numbers, 180 ways' },
    ],
    models: [{ id: 'routes-nano', difficulty: 'four' }],
    maxTokens: 64,
    evaluation: { temperature: 1, samples: 32 },
    labels: [],
  },
  {
    id: 'report',
    name: 'Reports to a length',
    summary:
      'A text in sections of three lines, to a wanted length: each line states a fact from an earlier one, and must not contradict what was stated.',
    difficulties: [
      { id: 'short', label: '2 sections' },
      { id: 'medium', label: '3 sections' },
      { id: 'long', label: '4 or 5 sections' },
    ],
    models: [{ id: 'report-nano', difficulty: 'medium' }],
    maxTokens: 256,
    evaluation: { temperature: 1, samples: 1 },
    labels: ['length', 'quality', 'contradictions'],
  },
  {
    id: 'shapes',
    name: 'Coloured shapes',
    summary:
      'Small images of a shape in a hue, three in ten of them in another hue than asked and a third cut in half.',
    difficulties: [{ id: 'all', label: 'six shapes in six hues, 12 by 12 pixels' }],
    models: [{ id: 'shapes-nano', difficulty: 'all' }],
    maxTokens: 4,
    evaluation: { temperature: 1, samples: 1 },
    labels: [],
    draws: true,
  },
];

/** @throws when there is no world of that id */
export const worldCard = (id: string): WorldCard => {
  const card = worlds.find((w) => w.id === id);
  if (!card) {
    throw new Error(`There is no task "${id}"; use one of ${worlds.map((w) => `"${w.id}"`).join(', ')}.`);
  }
  return card;
};

/** The world that a built-in model was made for; undefined for a model that is not among them. */
/**
 * The built-in model that a document's model stands in the place of: one that draws and was brought has the world, and the defaults, of
 * the built-in one. Any other is itself.
 */
export const standIn = ({
  model,
  data,
}: {
  model: string;
  data: { task: string; dataset?: unknown };
}): string => {
  const card = worlds.find(({ id }) => id === data.task);
  return card?.draws && !data.dataset && !worldOfModel(model) ? card.models[0]!.id : model;
};

export const worldOfModel = (model: string): WorldCard | undefined =>
  worlds.find(({ models }) => models.some(({ id }) => id === model));

interface Named {
  model: string;
  data: { task: string; difficulty: string; dataset: unknown };
}

/**
 * What does not fit in a document's built-in problems: an unknown world or difficulty, or a model that was made for another
 * world. Nothing is wrong where a dataset takes their place, or the model is none of the built-in ones.
 */
export const worldProblems = ({ model, data }: Named): { field: string; message: string }[] => {
  if (data.dataset) return [];
  const card = worlds.find(({ id }) => id === data.task);
  if (!card) {
    const known = worlds.map(({ id }) => id).join(', ');
    return [{ field: 'data.task', message: `"${data.task}" is not here; use one of ${known}` }];
  }
  const levels = card.difficulties.map(({ id }) => id);
  const unknown = levels.includes(data.difficulty)
    ? []
    : [
        {
          field: 'data.difficulty',
          message: `"${data.difficulty}" is not a difficulty of ${card.name}; use one of ${levels.join(', ')}`,
        },
      ];
  const own = worldOfModel(model);
  if (!own || own.id === card.id) return unknown;
  const models = card.models.map(({ id }) => id).join(' or ');
  return [
    ...unknown,
    {
      field: 'model',
      message: `${model} was made for “${own.name}” and cannot read the problems of “${card.name}”; use ${models}, or set data.task to "${own.id}"`,
    },
  ];
};
