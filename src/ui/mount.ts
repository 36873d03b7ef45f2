import { type App, createApp } from './app';
import { AppShell } from './app-shell';
import type { Connect } from './connect';
import { exposeDriver } from './driver';
import { watchTheme } from './theme';

/** Puts the page into `host` and starts the engine once the page has been painted. */
export const mountPage = (host: HTMLElement, connect: Connect): App => {
  watchTheme();
  const app = createApp(connect);
  const shell = host instanceof AppShell ? host : new AppShell();
  shell.app = app;
  if (shell !== host) host.replaceWith(shell);
  exposeDriver(app);
  requestAnimationFrame(() => setTimeout(() => void app.boot()));
  return app;
};
