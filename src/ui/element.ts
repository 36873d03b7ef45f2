import { LitElement } from 'lit';
import type { App } from './app';
import type { State } from './state';

/** Base of the page's elements: light DOM, the app as a property, an update when a watched key changes. */
export abstract class AppElement extends LitElement {
  static override properties: Record<string, object> = { app: { attribute: false } };
  declare app: App;

  /** Keys of the state that this element shows. */
  protected abstract watched(): readonly (keyof State)[];
  /** Called before the update that a watched key causes. */
  protected changed(_keys: ReadonlySet<keyof State>): void {}

  #end: (() => void) | undefined;
  /** What changed while the element was on a page that is turned away. */
  #missed = new Set<keyof State>();

  protected get state(): Readonly<State> {
    return this.app.store.get();
  }

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    const keys = this.watched();
    this.#end = this.app.store.subscribe((changed) => {
      if (!keys.some((key) => changed.has(key))) return;
      if (this.closest('[data-away]')) {
        for (const key of changed) this.#missed.add(key);
        return;
      }
      this.changed(changed);
      this.requestUpdate();
    });
  }

  /** Its page has been turned to: it shows what it has missed. */
  catchUp() {
    if (this.#missed.size === 0) return;
    const missed = this.#missed;
    this.#missed = new Set();
    this.changed(missed);
    this.requestUpdate();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#end?.();
  }
}

/** Defines an element once, so that a module may be loaded twice. */
export const define = (name: string, element: CustomElementConstructor) => {
  if (!customElements.get(name)) customElements.define(name, element);
};
