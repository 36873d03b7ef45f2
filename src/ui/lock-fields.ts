import { fieldNames } from './setup/field-labels';
import type { State } from './state';
import { locked } from './view-wishes';

type Control = HTMLInputElement | HTMLSelectElement;

/** Controls of these fields, each with the slider beside it. */
const controlsOf = (root: ParentNode, state: Readonly<State>): Control[] => {
  const names = fieldNames(state);
  return locked(state.view).flatMap((path) => {
    if (path === 'method.id') return [...root.querySelectorAll<Control>('input[name="method"]')];
    const id = names.get(path)?.control;
    const own = id ? root.querySelector<Control>(`[data-testid="${CSS.escape(id)}"]`) : null;
    return own
      ? [...own.closest('.field-inputs, label, .field')!.querySelectorAll<Control>('input, select')]
      : [];
  });
};

/** Lets nobody change what a link has locked: what is shown stays readable, and is no stop of the tab key where it cannot be. */
export const lockFields = (root: ParentNode, state: Readonly<State>): void => {
  for (const control of controlsOf(root, state)) {
    if (control instanceof HTMLInputElement && ['number', 'text'].includes(control.type))
      control.readOnly = true;
    else control.disabled = true;
    control.title = 'Set by the link';
  }
};
