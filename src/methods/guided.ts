import type { Guide } from './method';
import { number } from './params';

/** Parameters of decoding that a value guides: step beam search, measured beside greedy answers. */
export const guided = {
  beams: number({
    label: 'beams',
    help: 'Guided decoding keeps so many beginnings of an answer, those of the highest value; 0 measures none.',
    min: 0,
    max: 16,
    integer: true,
    default: 3,
    from: 'paper',
  }),
  candidates: number({
    label: 'steps tried',
    help: 'Next steps that guided decoding samples after each beginning.',
    min: 1,
    max: 32,
    integer: true,
    default: 5,
    from: 'paper',
  }),
};

export const guideOf = ({ beams, candidates }: Guide): Guide | undefined =>
  beams > 0 ? { beams, candidates } : undefined;
