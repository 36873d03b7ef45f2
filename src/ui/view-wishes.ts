/** What the reader of an address asks for beside the run: `view.hide=nav,dock&view.lock=steps`. */
import type { Strings } from './place';

/** What `view.hide` may name. */
export const hideable = {
  nav: 'names of the pages',
  dock: 'buttons of training',
  teach: 'the form of the run',
  keep: 'what is kept',
  code: 'listings',
} as const;

const listed = (text = '') => text.split(',').filter(Boolean);

/** Names of `view.hide` that the page knows; unknown ones are ignored. */
export const hidden = (view: Strings): string[] => listed(view['hide']).filter((name) => name in hideable);

/** Fields of the run document that are shown and may not be changed. */
export const locked = (view: Strings): string[] => listed(view['lock']);

/** The seed that a link gives the runs of a lesson: `view.seed=7`. */
export const wishedSeed = (view: Strings): number | undefined => {
  const seed = Number(view['seed']);
  return Number.isSafeInteger(seed) && seed > 0 ? seed : undefined;
};

/** How many updates each run of a lesson is cut to: `view.brief=4`. See lessons/brief.ts. */
export const wishedBrief = (view: Strings): number | undefined => {
  const updates = Number(view['brief']);
  return Number.isSafeInteger(updates) && updates > 0 ? updates : undefined;
};

/** Whether a link asks for a name, to make a seed of it: `view.seed=name`. */
export const asksName = (view: Strings): boolean => Boolean(view['seed']) && wishedSeed(view) === undefined;

/** The first locked field in which two documents differ. */
export const lockedChange = (view: Strings, before: object, after: object): string | undefined => {
  const valueAt = (value: unknown, path: string) =>
    path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], value);
  return locked(view).find(
    (path) => JSON.stringify(valueAt(before, path)) !== JSON.stringify(valueAt(after, path)),
  );
};
