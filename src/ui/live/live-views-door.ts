import { html, nothing } from 'lit';
import type { App } from '../app';
import type { AppElement } from '../element';

let here = false;
let asked: Promise<unknown> | undefined;
let pushes: Promise<typeof import('./pushes')> | undefined;

/** The views of a run's probes; their code comes with the second probe of the first run. @param host is updated then */
export const liveViews = (host: AppElement) => {
  if (host.app.store.get().probes.length < 2) return nothing;
  if (here) return html`<live-views .app=${host.app}></live-views>`;
  asked ??= import('./live-views').then(
    () => {
      here = true;
    },
    () => {
      asked = undefined; // the next probe tries again
    },
  );
  void asked.then(() => host.requestUpdate());
  return nothing;
};

/** Keeps up with what the loss says of the newest probe. */
export const followPushes = (app: App) => {
  if (app.store.get().probes.length < 2) return;
  pushes ??= import('./pushes');
  void pushes.then(
    ({ askPushes }) => askPushes(app),
    () => {
      pushes = undefined;
    },
  );
};
