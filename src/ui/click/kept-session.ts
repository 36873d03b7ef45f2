import { type ClickSession, readSession } from './session';

const keyOf = (model: string, world: ClickSession['world']) =>
  `marginalia.clicks.${model}${world ? `.${world.task}.${world.difficulty}` : ''}`;

/** The clicks on a model's answers that this browser has kept. */
export const keptSession = (model: string, world: ClickSession['world']): ClickSession | undefined => {
  try {
    const text = localStorage.getItem(keyOf(model, world));
    return text === null ? undefined : readSession(text);
  } catch {
    return undefined; // a window that keeps nothing
  }
};

/** @returns empty, or why they could not be kept */
export const keepSession = (session: ClickSession): string => {
  try {
    localStorage.setItem(keyOf(session.model, session.world), JSON.stringify(session));
    return '';
  } catch {
    return 'This browser keeps no more of these clicks; save them as a file before the page is closed.';
  }
};

export const forgetSession = (session: ClickSession): void => {
  try {
    localStorage.removeItem(keyOf(session.model, session.world));
  } catch {
    // there was nothing to forget
  }
};
