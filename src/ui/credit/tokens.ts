/** How a token is coloured for a value, where `scale` is the largest absolute value that is shown. */
export const tint = (
  value: number,
  scale: number,
): { strength: number; direction: 'up' | 'down' | 'none' } => {
  const share = scale > 0 ? Math.min(1, Math.abs(value) / scale) : 0;
  return {
    // A root, so that small values can still be told from none. In percent.
    strength: Math.round(100 * Math.sqrt(share)),
    direction: share < 0.005 ? 'none' : value > 0 ? 'up' : 'down',
  };
};

/** Arrows, Home and End among the tokens of one toolbar, which are one stop of the tab key. */
export const moveAmongTokens = (event: KeyboardEvent, host: Element) => {
  const scored = [...host.querySelectorAll<HTMLButtonElement>('button.token')];
  const at = scored.indexOf(document.activeElement as HTMLButtonElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: scored.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  scored[Math.min(scored.length - 1, Math.max(0, to))]?.focus();
};
