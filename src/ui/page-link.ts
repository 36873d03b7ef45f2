import { html, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import type { App } from './app';
import type { Place } from './place';

/** Tells the shell to turn to a place. */
export const goTo = (element: EventTarget, place: Partial<Place>) =>
  element.dispatchEvent(new CustomEvent<Partial<Place>>('turn', { detail: place, bubbles: true }));

/** A link to a place, with the run document as it stands; in another tab it opens there. */
export const pageLink = (
  app: App,
  place: Partial<Place>,
  text: unknown,
  current = false,
  testid?: string,
): TemplateResult =>
  html`<a href=${app.editor.address.hrefOf(place)} data-testid=${ifDefined(testid)} aria-current=${ifDefined(current ? 'page' : undefined)} @click=${(
    event: MouseEvent,
  ) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(event.currentTarget!, place);
  }}>${text}</a>`;
