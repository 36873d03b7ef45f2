import { html, nothing } from 'lit';
import { todayOf } from '../../studies/core/plan';
import { currentEdition, type StoredStudy } from '../../studies/core/stored';
import { studies } from '../../studies/index';
import { AppElement, define } from '../element';
import { seedsPlot } from './seeds-plot';
import { storedStudy } from './stored-files';

/** Both arms of every seed of a study, small, as its own page has them. */
export class StudyDots extends AppElement {
  static override properties = {
    ...AppElement.properties,
    study: {},
    stored: { state: true },
    problem: { state: true },
  };
  /** Id of the study. */
  declare study: string;
  declare stored: { id: string; of: StoredStudy | undefined } | undefined;
  declare problem: string;
  #asked = '';

  constructor() {
    super();
    this.study = '';
    this.stored = undefined;
    this.problem = '';
  }

  protected watched() {
    return ['methods'] as const;
  }

  protected override willUpdate() {
    if (this.#asked === this.study) return;
    this.#asked = this.study;
    void this.#load(this.study);
  }

  async #load(id: string) {
    this.problem = '';
    try {
      const of = await storedStudy(id);
      if (this.#asked === id) this.stored = { id, of };
    } catch {
      if (this.#asked === id)
        this.problem = 'Its runs could not be loaded; look at the connection and open the page again.';
    }
  }

  override render() {
    const { methods } = this.state;
    const study = studies.find(({ id }) => id === this.study);
    if (this.problem) return html`<p class="quiet">${this.problem}</p>`;
    if (!study || methods.length === 0 || this.stored?.id !== study.id) return nothing;
    const runs = currentEdition(study, this.stored.of, todayOf(study, methods))?.runs ?? [];
    if (runs.length === 0) return nothing;
    const { name, unit } = study.measure;
    return html`<figure>${seedsPlot(study, runs, [], 'the table of the study’s page')}<figcaption class="quiet">${name[0]!.toUpperCase()}${name.slice(1)}${unit && `, in ${unit}`}: a dot an arm and seed, the two of a seed joined.</figcaption></figure>`;
  }
}

define('study-dots', StudyDots);
