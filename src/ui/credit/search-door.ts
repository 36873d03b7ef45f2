import { html, nothing } from 'lit';
import type { SearchView } from '../../../workers/protocol';

let asked: Promise<unknown> | undefined;

/** The tree of a search, whose element is loaded when the first such tree is looked at. */
export const searchTree = (view: SearchView | undefined) => {
  if (!view) return nothing;
  if (!asked)
    asked = import('./search-tree').catch(() => {
      asked = undefined; // the next look tries again
    });
  return html`<search-tree .view=${view}></search-tree>`;
};
