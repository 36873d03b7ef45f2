// A run's events as lines for a terminal: one that changes on a screen, sparse ones in a log.
import { areTied, evaluationLine, size } from './terminal/tables.mjs';

const phases = {
  loading: 'Loading the model',
  evaluating: 'Evaluating',
  collecting: 'Preparing the training data',
  scoring: 'Scoring under the reference',
  training: 'Training',
};

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const short = (value) =>
  Math.abs(value) >= 0.001 && Math.abs(value) < 10_000 ? value.toFixed(4) : value.toExponential(2);

const describeMetrics = ({ step, loss, ...rest }, steps, stage) => {
  const parts = [`step ${step}/${steps}`, `loss ${short(loss)}`];
  if ('rewards/margins' in rest) parts.push(`margin ${short(rest['rewards/margins'])}`);
  if ('rewards/accuracies' in rest) {
    const tied = areTied(step - 1, rest['rewards/margins']);
    parts.push(tied ? 'pairs tied' : `pairs right ${percent(rest['rewards/accuracies'])}`);
  }
  if ('grad_norm' in rest) parts.push(`grad norm ${short(rest.grad_norm)}`);
  return `${stage}${parts.join('  ')}`;
};

const describeDownload = ({ file, done, total, bytesPerSecond, secondsLeft, note }) => {
  const parts = [`${file}: ${size(done)} of ${size(total)}`];
  if (bytesPerSecond > 0) parts.push(`${size(bytesPerSecond)}/s`);
  if (secondsLeft !== undefined) parts.push(`${Math.ceil(secondsLeft)} s left`);
  if (note) parts.push(note);
  return parts.join('  ');
};

/**
 * @param {NodeJS.WriteStream} stream
 * @param {() => number} clock milliseconds
 */
export const createProgress = (stream, clock = Date.now) => {
  const screen = Boolean(stream.isTTY);
  let current = '';
  let lastLine = Number.NEGATIVE_INFINITY;
  const announced = new Set();
  let steps = 0;
  let lastNote = '';
  let stageCount = 1;

  const show = (text) => {
    if (!screen) return;
    current = text;
    stream.write(`\r\x1b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  const line = (text) => {
    stream.write(screen ? `\r\x1b[K${text}\n` : `${text}\n`);
    if (screen && current) show(current);
    lastLine = clock();
  };
  /** On a screen: replaces the line. In a log: a new line, at most one in ten seconds unless it matters. */
  const tell = (text, matters = false) => {
    if (screen) show(text);
    else if (matters || clock() - lastLine > 10_000) line(text);
  };

  return {
    line,
    end: () => {
      if (screen && current) stream.write('\r\x1b[K');
      current = '';
    },
    event: (event) => {
      // Of a comparison: A, B, ...
      const arm = event.arm === undefined ? '' : `${String.fromCharCode(65 + event.arm)}  `;
      if (event.kind === 'status') {
        const { status } = event;
        steps = status.steps;
        stageCount = status.stage.count;
        const key = `${status.phase}/${status.stage.id}`;
        if (phases[status.phase] && (screen || !announced.has(key))) {
          const stage =
            stageCount > 1 ? ` (${status.stage.label}, ${status.stage.index + 1} of ${stageCount})` : '';
          tell(`${phases[status.phase]}${stage} ...`, true);
        }
        if (announced.size === 0 && status.backend) {
          const { name, adapter, note } = status.backend;
          line(`Backend: ${name} (${adapter}).${note ? ` ${note}` : ''}`);
        }
        announced.add(key);
      } else if (event.kind === 'progress') {
        const { phase, done, total, note } = event;
        tell(`${phases[phase] ?? phase} ${total > 0 ? `${done}/${total}` : done}  ${note}`);
      } else if (event.kind === 'work') {
        tell(`${event.what} ${event.done}/${event.total}`);
      } else if (event.kind === 'metrics') {
        const { metrics } = event;
        const stage = stageCount > 1 ? `${event.stage}  ` : '';
        const every = Math.max(1, Math.floor(steps / 10));
        tell(
          `${arm}${describeMetrics(metrics, steps, stage)}`,
          metrics.step === 1 || metrics.step % every === 0,
        );
      } else if (event.kind === 'evaluation') {
        line(evaluationLine(`${arm}Step ${event.evaluation.step}:`, event.evaluation));
      } else if (event.kind === 'download') {
        const { progress } = event;
        // A file of this machine being read is soon done; a download is worth a line.
        if (!screen && progress.bytesPerSecond === 0 && progress.repo === progress.file) return;
        tell(describeDownload(progress), progress.note !== lastNote && progress.note !== '');
        lastNote = progress.note;
      } else if (event.kind === 'checkpoint' && !event.stored) {
        line(`Not saved: ${event.note}`);
      } else if (event.kind === 'error') {
        line(`${event.name}: ${event.message}`);
      }
    },
  };
};
