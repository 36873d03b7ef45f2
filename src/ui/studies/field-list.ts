import { html } from 'lit';
import type { Fields } from '../../studies/core/study';

/** Fields of a document as they stand in an address. */
export const fieldList = (fields: Fields) =>
  Object.entries(fields).map(([path, value]) => html`<code>${path}=${value}</code> `);
