import { type App, createApp } from './app';
import { AppShell } from './app-shell';
import type { Connect } from './connect';
import { exposeDriver } from './driver';
import { watchTheme } from './theme';

/**
 * Puts the page into `host` and starts the engine once the page has been painted.
 * @param turn awaited before anything is drawn; left out: it is drawn at once
 */
export const mountPage = (host: HTMLElement, connect: Connect, turn?: Promise<void>): App => {
  watchTheme();
  const app = createApp(connect);
  const shell = host instanceof AppShell ? host : new AppShell();
  shell.app = app;
  exposeDriver(app);
  const draw = () => {
    if (shell !== host) host.replaceWith(shell);
    requestAnimationFrame(() => setTimeout(() => void app.boot()));
  };
  if (turn) void turn.then(draw);
  else draw();
  return app;
};
