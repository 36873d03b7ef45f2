import type { TestProject } from 'vitest/node';
import { startHubServer } from './hub-server.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Addresses of hubs for tests in a browser: one as it should be, and one that is mean about headers. */
    hubs: { open: string; mean: string };
  }
}

/** Starts hubs that tests in a browser reach over HTTP; they are told what to do at `/_add` and `/_fault`. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const open = await startHubServer();
  const mean = await startHubServer({ allowHeaders: 'authorization, range', exposeHeaders: 'x-none' });
  project.provide('hubs', { open: open.url, mean: mean.url });
  return async () => {
    await open.close();
    await mean.close();
  };
};
