import { html, nothing, type TemplateResult } from 'lit';
import held from '../../../docs/lessons.json';
import type { Lesson } from '../../lessons/lesson';

/** A row of docs/lessons.json: a lesson run once, with what of its claims held. */
interface Row {
  lesson: string;
  seed: number;
  claims: Readonly<Record<string, boolean>>;
}

/** What `npm run lessons` found of the lesson's claims, in the margin. */
export const heldNote = ({ id, claims }: Lesson): TemplateResult | typeof nothing => {
  const rows = (held.rows as readonly Row[]).filter(({ lesson }) => lesson === id);
  if (rows.length === 0) return nothing;
  return html`<h2 class="note-title">Does it hold?</h2><ul class="lesson-runs">${claims.map((claim) => {
    const own = rows.filter((row) => row.claims[claim.id] !== undefined);
    const yes = own.filter((row) => row.claims[claim.id]).length;
    return own.length === 0
      ? nothing
      : html`<li>${claim.text} <strong>${yes} of ${own.length} seeds.</strong></li>`;
  })}</ul><p>By <code>npm run lessons</code>, which anybody may run again.</p>`;
};
