import { worldCard } from './cards';
import type { Task } from './task';

/** The built-in worlds; each is loaded when it is chosen. */
const loaders: Readonly<Record<string, () => Promise<Task>>> = {
  arithmetic: async () => (await import('./arithmetic')).arithmetic,
  guard: async () => (await import('./guard/guard')).guard,
  talk: async () => (await import('./talk')).talk,
  manners: async () => (await import('./manners')).manners,
  turns: async () => (await import('./turns/turns')).turns,
  routes: async () => (await import('./routes')).routes,
  report: async () => (await import('./report/report')).report,
};

const loaded = new Map<string, Task>();

/** Loads a world. @throws when there is none of that id, or its code cannot be fetched */
export const loadTask = async (id: string): Promise<Task> => {
  const known = loaded.get(id);
  if (known) return known;
  const load = Object.hasOwn(loaders, id) ? loaders[id] : undefined;
  if (!load) throw new Error(`There is no task "${worldCard(id).id}" to load.`);
  const task = await load();
  loaded.set(id, task);
  return task;
};
