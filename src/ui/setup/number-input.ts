import { html, noChange, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { FieldProblem } from '../state';
import { fromSlider, type NumberField, toSlider } from './fields';
import { problemWords } from './problem-words';

export interface NumberInput extends NumberField {
  value: number;
  /** Adds a slider; for parameters, whose ranges are meant to be tried. */
  slider?: boolean;
  /** Said after the help, such as where the default comes from. */
  note?: TemplateResult | string;
  problems: readonly FieldProblem[];
  change(value: number): void;
}

/** A labelled number with its help and, when the last edit was refused, the reason. */
export const numberInput = (field: NumberInput) => {
  const id = `field-${field.path.replaceAll('.', '-')}`;
  const problem = field.problems.find((p) => p.field === field.path);
  // What is being typed, or was refused, stays to be corrected; anything else shows what the document says.
  const shown = document.getElementById(id);
  const keep = shown !== null && (problem !== undefined || document.activeElement === shown);
  const read = (event: Event) => {
    const { value } = event.target as HTMLInputElement;
    field.change(value.trim() === '' ? Number.NaN : Number(value));
  };
  return html`<div class="field">
    <label for=${id}>${field.label}</label>
    <div class="field-inputs">
      ${
        field.slider
          ? html`<input
              type="range"
              min="0"
              max="1000"
              aria-label="${field.label}, slider"
              aria-valuetext=${String(field.value)}
              .value=${String(Math.round(toSlider(field.value, field)))}
              @input=${(e: Event) => field.change(fromSlider(Number((e.target as HTMLInputElement).value), field))}
            />`
          : nothing
      }
      <input
        id=${id}
        data-testid=${id}
        type="number"
        inputmode="decimal"
        min=${field.min}
        max=${field.max}
        step=${field.integer ? '1' : 'any'}
        aria-describedby="${id}-help"
        aria-invalid=${problem ? 'true' : 'false'}
        .value=${keep ? noChange : live(String(field.value))}
        @change=${read}
      />
    </div>
    <p class="field-help" id="${id}-help">
      ${field.help} ${field.note ?? nothing}
      ${problem ? html`<strong class="field-problem">${problemWords(problem)}</strong>` : nothing}
    </p>
  </div>`;
};

export interface Choice {
  id: string;
  label: string;
  help: string;
  note?: TemplateResult | string;
  value: string;
  options: readonly { id: string; label: string }[];
  change(value: string): void;
}

export const choice = (field: Choice) => {
  const id = `field-${field.id}`;
  const known = field.options.some((o) => o.id === field.value);
  return html`<div class="field">
    <label for=${id}>${field.label}</label>
    <div class="field-inputs">
      <select id=${id} data-testid=${id} title=${field.options.find((o) => o.id === field.value)?.label ?? field.value} aria-describedby="${id}-help" @change=${(e: Event) => field.change((e.target as HTMLSelectElement).value)}>
        ${known ? nothing : html`<option selected value=${field.value}>${field.value}</option>`}
        ${field.options.map((o) => html`<option value=${o.id} ?selected=${o.id === field.value} .selected=${o.id === field.value}>${o.label}</option>`)}
      </select>
    </div>
    <p class="field-help" id="${id}-help">${field.help} ${field.note ?? nothing}</p>
  </div>`;
};
