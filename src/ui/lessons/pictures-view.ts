import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Live, Picture, View } from '../../lessons/lesson';
import { define } from '../element';
import { paintAll, picture } from '../images/paint';

/** A row of pictures, painted once they are in the page. */
class LessonPictures extends LitElement {
  static override properties = { pictures: { attribute: false } };
  declare pictures: readonly Picture[];

  protected override createRenderRoot() {
    return this;
  }

  protected override updated() {
    paintAll(this);
  }

  override render() {
    return html`<ul>${this.pictures.map(
      ({ pixels, label }) =>
        html`<li>${picture(Uint8Array.from(pixels), label)}<span aria-hidden="true">${label}</span></li>`,
    )}</ul>`;
  }
}

define('lesson-pictures', LessonPictures);

/** Rows of pictures, each with what it was asked to show. */
export const picturesView = (
  view: Extract<View, { view: 'pictures' }>,
  live: Live,
): TemplateResult | typeof nothing => {
  const rows = view.of(live);
  if (!rows) return nothing;
  return html`<div class="lesson-pictures" role="group" aria-label=${view.title}><p class="lesson-caption">${view.title}</p>
    ${rows.map(
      ({ heading, pictures }) =>
        html`<section><h3>${heading}</h3><lesson-pictures .pictures=${pictures}></lesson-pictures></section>`,
    )}</div>`;
};
