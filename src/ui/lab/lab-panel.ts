import { html, nothing } from 'lit';
import type { LabCard, LabFigure, LabResult, LabTriangle } from '../../lab/lab';
import { define } from '../element';
import { calculator } from './calculator';
import { ExperimentPanel, type Values } from './experiment-panel';
import { labFigure } from './lab-figure';

/** A triangle's arrows, with what they follow from. */
interface Field {
  key: string;
  arrows: LabTriangle['arrows'];
}

/** The lab: experiments without a language model. */
export class LabPanel extends ExperimentPanel {
  static override properties = { ...ExperimentPanel.properties, beside: { state: true } };
  /** The method whose triangle stands beside the first; '' for none. */
  declare beside: string;
  protected readonly scope = 'lab';
  /** Fields of the triangles that are shown, which a start that is dragged leaves as they are. */
  #fields: Field[] = [];

  constructor() {
    super();
    this.beside = 'dpo';
  }

  protected async list() {
    return (await calculator(this.app)).labs();
  }

  protected async cancel() {
    await (await calculator(this.app)).cancelLab();
  }

  protected runsByItself() {
    return true;
  }

  protected verb() {
    return 'Run';
  }

  /** With all that differs from what the terminal does by itself. */
  protected command({ id, params }: LabCard) {
    const changed = Object.entries(params).flatMap(([name, { default: usual }]) => {
      const value = this.values[name];
      if (value === undefined || value === usual || this.withoutField().includes(name)) return [];
      return [`--param ${name}=${value === true ? 'on' : value === false ? 'off' : value}`];
    });
    return ['npm run lab --', id, ...changed, ...(this.seed === 1 ? [] : [`--seed ${this.seed}`])].join(' ');
  }

  protected override withoutField() {
    return ['arrows'];
  }

  async #triangle(values: Values, seed: number): Promise<LabResult> {
    const { a: _a, b: _b, arrows: _arrows, ...field } = values;
    const from = values['reference'] === 'start' ? [values['a'], values['b']] : [];
    const key = JSON.stringify([field, from]);
    const known = this.#fields.find((own) => own.key === key);
    const result = await (await calculator(this.app)).runLab('table', { ...values, arrows: !known }, seed);
    const [figure] = result.figures;
    if (figure?.kind !== 'triangle') return result;
    const arrows = known?.arrows ?? figure.arrows;
    this.#fields = [{ key, arrows }, ...this.#fields.filter((own) => own.key !== key)].slice(0, 4);
    return { ...result, figures: [{ ...figure, arrows }] };
  }

  protected async compute({ id }: LabCard, values: Values, seed: number): Promise<LabResult> {
    if (id !== 'table') return (await calculator(this.app)).runLab(id, values, seed);
    const first = await this.#triangle(values, seed);
    if (!this.beside) return first;
    const second = await this.#triangle({ ...values, method: this.beside }, seed);
    return {
      says: [...first.says, ...second.says],
      numbers: {
        ...first.numbers,
        ...Object.fromEntries(
          Object.entries(second.numbers).map(([name, x]) => [`${this.beside}/${name}`, x]),
        ),
      },
      figures: [...first.figures, ...second.figures],
    };
  }

  protected override fields({ id, params }: LabCard) {
    const spec = params['method'];
    if (id !== 'table' || spec?.kind !== 'choice') return nothing;
    return html`<div class="field"><label for="field-lab-beside">beside it</label>
      <div class="field-inputs"><select id="field-lab-beside" data-testid="field-lab-beside" aria-describedby="field-lab-beside-help" @change=${(
        e: Event,
      ) => {
        this.beside = (e.target as HTMLSelectElement).value;
        this.hurry();
      }}>
        <option value="" .selected=${this.beside === ''}>nothing</option>
        ${Object.entries(spec.options).map(([own, name]) => html`<option value=${own} .selected=${own === this.beside}>${name}</option>`)}
      </select></div>
      <p class="field-help" id="field-lab-beside-help">Another loss from the same start.</p></div>`;
  }

  protected override figure(figure: LabFigure) {
    const [a, b] = [Number(this.values['a']), Number(this.values['b'])];
    return labFigure(figure, {
      shares: [a, b, 1 - a - b],
      move: ([first, second]) => {
        this.set({ a: first!, b: second! });
        this.hurry();
      },
    });
  }
}

define('lab-panel', LabPanel);
