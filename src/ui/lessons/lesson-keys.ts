/** Answering and going on by keys. */
import type { Step } from '../../lessons/lesson';

/** Where a key is somebody else's. */
const typing = 'input:not([type="radio"]), select, textarea, button, a, summary, [role="toolbar"], dialog';

const goOn = (event: KeyboardEvent, lesson: Element, n: number) => {
  const target = event.target as HTMLElement;
  if (target.matches(typing) && !target.matches('.step-head')) return;
  if (target.matches('.step-head') && !target.closest(`#lesson-step-${n}`)) return;
  const next = lesson.querySelector<HTMLButtonElement>(`#lesson-step-${n} .lesson-next`);
  if (!next) return;
  event.preventDefault();
  next.click();
};

const pick = (event: KeyboardEvent, lesson: Element, n: number, { ask }: Step) => {
  if ((event.target as HTMLElement).matches('input:not([type="radio"]), select, textarea')) return;
  const open = ask?.kind === 'match' ? '.match-row[data-open="true"]' : '';
  const inputs = lesson.querySelectorAll<HTMLInputElement>(`#lesson-ask-${n} ${open} input[type="radio"]`);
  const input = inputs[Number(event.key) - 1];
  if (!ask || !input || input.disabled) return;
  event.preventDefault();
  input.click();
};

/**
 * 1 to 9 answer the question of the open step, Enter goes on to the next.
 * @param n the number of the open step
 */
export const takeKey = (event: KeyboardEvent, lesson: Element, n: number, step: Step): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
  if (lesson.closest('[data-away]')) return;
  if (event.key === 'Enter') goOn(event, lesson, n);
  else if (/^[1-9]$/.test(event.key)) pick(event, lesson, n, step);
};
