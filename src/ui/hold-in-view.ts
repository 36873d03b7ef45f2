const holdMs = 1500;
const signs = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const;

/**
 * Scrolls to `target`, and again while what is above it is still being drawn: for a moment, or until the person does
 * anything.
 * @param within what changes its size then
 * @returns ends it
 */
export const holdInView = (target: HTMLElement, within: HTMLElement): (() => void) => {
  const scroll = () => target.scrollIntoView({ block: 'start' });
  const size = new ResizeObserver(scroll);
  const end = () => {
    clearTimeout(timer);
    size.disconnect();
    for (const sign of signs) removeEventListener(sign, end);
  };
  const timer = setTimeout(end, holdMs);
  scroll();
  size.observe(within);
  for (const sign of signs) addEventListener(sign, end, { passive: true });
  return end;
};
