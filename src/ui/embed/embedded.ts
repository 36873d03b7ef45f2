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

/** Where the part of the frame that is in sight begins. */
let seenFrom = 0;

/** Keeps what belongs to the window's edge or middle in the part of the frame that is in sight, as the page around it tells. */
const stayInSight = () => {
  const { style } = document.documentElement;
  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data?.marginalia !== 1 || data.type !== 'seen') return;
    const within = (at: unknown) => Math.min(Math.max(Number(at) || 0, 0), innerHeight);
    const [top, bottom] = [within(data.top), within(data.bottom)];
    seenFrom = top;
    style.setProperty('--seen-below', `${innerHeight - bottom}px`);
    style.setProperty('--seen-middle', `${(top + bottom) / 2}px`);
  });
};

let begun = false;

/** Tells the page around this one its height, the run's steps and end, and answers to questions. Begins once. */
export const tellAround = (shell: HTMLElement, app: App): void => {
  if (begun || parent === window) return;
  begun = true;
  document.documentElement.dataset['embedded'] = '';
  stayInSight();
  const measure = () =>
    tell({ type: 'height', height: Math.ceil(shell.getBoundingClientRect().bottom + scrollY) });
  new ResizeObserver(measure).observe(shell);
  measure();
  let [last, ended] = ['', ''];
  let seen = 0;
  let page = app.store.get().place.path.join('/');
  app.store.subscribe((changed) => {
    const { status, points, evaluations, place } = app.store.get();
    if (changed.has('place') && place.path.join('/') !== page) {
      page = place.path.join('/');
      if (seenFrom > 0) document.documentElement.scrollIntoView();
    }
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
