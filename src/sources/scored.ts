import { choice } from '../methods/params';
import { scorings } from '../search/score-answer';
import { sampling } from './sampling';

/** What sources of scored answers have in common. */
export const scored = {
  ...sampling,
  scoring: choice({
    label: 'score',
    help: 'How the judgement of an answer becomes a number.',
    options: scorings,
    default: 'judge',
    from: 'ours',
  }),
};
