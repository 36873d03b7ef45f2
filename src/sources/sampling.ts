import { number } from '../methods/params';

/** How answers are sampled, for sources that do; each names its own defaults with `sourceWith`. */
export const sampling = {
  samples: number({
    label: 'answers per problem',
    help: 'Answers sampled to each problem.',
    min: 1,
    max: 64,
    integer: true,
    default: 4,
    from: 'ours',
  }),
  temperature: number({
    label: 'temperature',
    help: 'Temperature at which answers are sampled; higher gives more variety and more mistakes.',
    min: 0.1,
    max: 2,
    default: 1,
    from: 'ours',
  }),
  topP: number({
    label: 'top-p',
    help: 'Sample only from the likeliest tokens that hold this much probability together; 1 is all of them.',
    min: 0.1,
    max: 1,
    default: 1,
    from: 'ours',
  }),
};
