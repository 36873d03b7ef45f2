import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Click } from './session';

interface Hears {
  /** Whether there is something to click on; else the keys are left to whoever stands in the panel's place. */
  listens(): boolean;
  click(click: Click): void;
  undo(): void;
}

/** The keys of clicking, for the whole page while the panel stands in it: arrows, the space bar, and u to undo. */
export class ClickKeys implements ReactiveController {
  readonly #does: Readonly<Record<string, () => void>>;
  readonly #listens: () => boolean;

  /** @param space what the space bar says of a pair */
  constructor(host: ReactiveControllerHost, space: Click, { listens, click, undo }: Hears) {
    this.#listens = listens;
    this.#does = {
      ArrowLeft: () => click('left'),
      ArrowRight: () => click('right'),
      ArrowDown: () => click('same'),
      ' ': () => click(space),
      u: undo,
    };
    host.addController(this);
  }

  hostConnected() {
    addEventListener('keydown', this.#key);
  }

  hostDisconnected() {
    removeEventListener('keydown', this.#key);
  }

  #key = (event: KeyboardEvent) => {
    const does = this.#does[event.key];
    if (!does || !this.#listens()) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    // Where arrows and letters have a meaning of their own; and the space bar is a press of a button or a fold.
    if (target.closest('input, textarea, select, [role="slider"], [role="group"][tabindex="0"]')) return;
    if (event.key === ' ' && target.closest('button, summary')) return;
    event.preventDefault();
    does();
  };
}
