import type { RunStatus } from '../../../workers/protocol';
import { armFields } from '../compare/arms';
import { count, number } from '../format';
import { isLive, isMoving, type State, shownDocument } from '../state';

const onData = (state: Readonly<State>) => shownDocument(state)?.data.dataset != null;

/** The loss of the very step that is named: metrics and status come as events of their own. */
const lossAt = ({ points, status }: Readonly<State>): number | undefined => {
  for (let i = points.length - 1; i >= 0; i--) {
    const { stage, metrics } = points[i]!;
    if (stage !== status?.stage.id) return undefined;
    if (metrics['step'] === status.step) return metrics['loss'];
  }
  return undefined;
};

/** Of arms, from two on. */
const numbers = ['Two', 'Three', 'Four'];

/** What the runs of a comparison do: all of them in one word, or each kind of end with its arms. */
const armsSentence = (state: Readonly<State>, { phase, step, steps }: RunStatus): string => {
  const { arms } = state;
  const all = `${numbers[arms.length - 2]} runs`;
  const lost = arms.flatMap((arm, i) => (arm.status.phase === 'failed' ? ['ABCD'[i]] : []));
  const but = lost.length > 0 && lost.length < arms.length ? `; ${lost.join(', ')} failed` : '';
  const at = `step ${count(step)} of ${count(steps)}`;
  const ended = arms.filter((arm) => arm.status.phase === 'finished').length;
  if (phase === 'training') return `${all}: ${at}${ended > 0 ? `; ${ended} of them finished` : ''}${but}`;
  const others = arms.filter((arm) => but === '' || arm.status.phase !== 'failed');
  const [first] = others;
  if (!isMoving(phase) && others.every((arm) => arm.status.phase === first!.status.phase))
    return `${all}, ${first!.status.phase}: step ${count(first!.status.step)} of ${count(first!.status.steps)}${but}.`;
  const said = runSentence(state).replace(/^\p{Lu}(?=\p{Ll})/u, (letter) => letter.toLowerCase());
  return `${all}: ${said}${but}`;
};

/** What is being done, in a sentence. */
export const statusSentence = (state: Readonly<State>): string => {
  const { arms, status } = state;
  if (arms.length > 1 && status && !state.pending && status.phase !== 'idle')
    return armsSentence(state, status);
  return runSentence(state);
};

/** Of which model, and by which method: a page may be about another. */
const readySentence = ({ place, document, methods, models }: Readonly<State>): string => {
  const model = models.find(({ id }) => id === document?.model)?.name ?? document?.model ?? '';
  if (place.path[0] === 'compare')
    return `Ready to train ${numbers[armFields(place.own).length - 2]?.toLowerCase()} runs of ${model}, in step.`;
  const method = methods.find(({ id }) => id === document?.method.id)?.name;
  return `Ready to train ${model}${method ? ` by ${method}` : ''}.`;
};

const runSentence = (state: Readonly<State>): string => {
  const { connection, status, progress, pending } = state;
  if (pending) return `${pending}…`;
  if (connection === 'starting') return 'Starting the engine…';
  if (connection === 'failed') return 'The engine is not running.';
  if (!status || status.phase === 'idle') return readySentence(state);
  const pass =
    status.stage.count > 1 && isLive(status.phase)
      ? `Pass ${status.stage.index + 1} of ${status.stage.count} (${status.stage.label}): `
      : '';
  const of = progress && progress.total > 0 ? `${count(progress.done)} of ${count(progress.total)}` : '';
  const note = progress?.note ? `, ${progress.note}` : '';
  switch (status.phase) {
    case 'collecting':
      return of
        ? `${pass}${onData(state) ? 'reading the data' : 'making pairs'}: ${of}${note}`
        : pass + status.message;
    case 'scoring':
      return of ? `${pass}scoring the pairs: ${of}${note}` : pass + status.message;
    case 'evaluating':
      return of
        ? `${pass}${onData(state) ? 'scoring held-out examples' : 'answering held-out problems'}: ${of}`
        : pass + (status.message || 'measuring');
    case 'training': {
      const loss = lossAt(state);
      // The numbers first: what a narrow window cuts off is the pass's name.
      const numbers = `step ${count(status.step)} of ${count(status.steps)}${loss === undefined ? '' : `, loss ${number(loss)}`}`;
      return pass === ''
        ? numbers
        : `${numbers}; pass ${status.stage.index + 1} of ${status.stage.count}, ${status.stage.label}`;
    }
    default:
      return pass + (status.message || status.phase);
  }
};
