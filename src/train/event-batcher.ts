import type { RunEvent } from '../../workers/protocol';

/**
 * Collects events and hands them on at most ten times a second, so that a fast run does not flood the page. Of status
 * and progress only the last of a batch is kept, of each arm of a comparison.
 */
export const createEventBatcher = (deliver: (events: RunEvent[]) => void, intervalMs = 100) => {
  let pending: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    last = performance.now();
    const events = pending;
    pending = [];
    deliver(events);
  };
  return {
    push(event: RunEvent) {
      if (event.kind === 'status' || event.kind === 'progress') {
        pending = pending.filter(({ kind, arm }) => kind !== event.kind || arm !== event.arm);
      }
      pending.push(event);
      const wait = last + intervalMs - performance.now();
      if (wait <= 0) flush();
      else timer ??= setTimeout(flush, wait);
    },
    flush,
  };
};
