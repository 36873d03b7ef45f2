import { choice } from '../methods/params';
import { scorings } from '../search/score-answer';
import { sampling } from './sampling';

/** What sources of scored answers have in common. */
export const scored = {
  ...sampling,
  scoring: choice({
    label: 'score',
    help: 'How the verifier’s judgement becomes a number from 0 to 1; a right answer has 1.',
    options: scorings,
    default: 'prefix',
    from: 'ours',
  }),
};
