import type { App } from '../app';
import './embedded.css';

/** What an embedded page tells the one around it. All of it is numbers, names of the page's own, and the reader's answers. */
export type Told =
  | { type: 'height'; height: number }
  | { type: 'step'; step: number; steps: number; phase: string }
  | { type: 'metrics'; metrics: Record<string, number> }
  | { type: 'answer'; lesson: string; step: number; given: string | number }
  | { type: 'finished'; phase: string; step: number; before?: number; now?: number };

const tell = (told: Told) => parent.postMessage({ marginalia: 1, ...told }, '*');

let begun = false;

/** Tells the page around this one its height, the run's steps and end, and answers to questions. Begins once. */
export const tellAround = (shell: HTMLElement, app: App): void => {
  if (begun || parent === window) return;
  begun = true;
  document.documentElement.dataset['embedded'] = '';
  const measure = () =>
    tell({ type: 'height', height: Math.ceil(shell.getBoundingClientRect().bottom + scrollY) });
  new ResizeObserver(measure).observe(shell);
  measure();
  let [last, ended] = ['', ''];
  let seen = 0;
  app.store.subscribe((changed) => {
    const { status, points, evaluations } = app.store.get();
    if (changed.has('status') && status) {
      const { step, steps, phase, runId } = status;
      const now = `${runId} ${step} ${phase}`;
      if (now !== last) tell({ type: 'step', step, steps, phase });
      last = now;
      if (['finished', 'stopped', 'failed'].includes(phase) && ended !== runId) {
        ended = runId;
        const [first, end] = [evaluations[0]?.evaluation.accuracy, evaluations.at(-1)?.evaluation.accuracy];
        tell({
          type: 'finished',
          phase,
          step,
          ...(first !== undefined && { before: first }),
          ...(end !== undefined && { now: end }),
        });
      }
    }
    if (changed.has('points') && points.length !== seen) {
      seen = points.length;
      const metrics = points.at(-1)?.metrics;
      if (metrics) tell({ type: 'metrics', metrics });
    }
  });
  shell.addEventListener('lesson-answer', (event) => {
    const { lesson, step, given } = (
      event as CustomEvent<{ lesson: string; step: number; given: string | number }>
    ).detail;
    tell({ type: 'answer', lesson, step, given });
  });
};
