/**
 * Brings a control into sight and gives it the focus, opening what it is folded into.
 * @returns false when there is no such control on the page
 */
export const goToControl = (root: ParentNode, testId: string): boolean => {
  const control = root.querySelector<HTMLElement>(`[data-testid="${CSS.escape(testId)}"]`);
  if (!control || control.closest('[hidden]')) return false;
  for (let at = control.closest('details'); at; at = at.parentElement?.closest('details') ?? null)
    at.open = true;
  control.focus({ preventScroll: true });
  control.scrollIntoView({ block: 'center' });
  return document.activeElement === control;
};
