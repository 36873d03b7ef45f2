import { html, nothing } from 'lit';
import type { ParamSpec, ParamSpecs, ParamValue } from '../../methods/params';
import type { FieldProblem } from '../state';
import { choice, numberInput } from './number-input';

const origins = {
  paper: 'the default of the paper',
  code: 'the default of the authors’ code',
  ours: 'our reading; the paper leaves it open',
} as const;

const shown = (value: ParamValue): string =>
  typeof value === 'boolean' ? (value ? 'On' : 'Off') : String(value);

const originOf = (spec: ParamSpec, paper: boolean) =>
  html`<span class="origin">${
    spec.kind === 'choice' ? `“${spec.options[spec.default]}”` : shown(spec.default)
  } is ${spec.from === 'ours' && !paper ? 'our choice' : origins[spec.from]}.</span>`;

interface ParamFields {
  specs: ParamSpecs;
  values: Readonly<Record<string, ParamValue>>;
  /** Path of the values in the run document. */
  path: string;
  problems: readonly FieldProblem[];
  /** There is a paper that says, or leaves open, what they should be; so it is if this is left out. */
  paper?: boolean;
  set(path: string, value: ParamValue): void;
}

/** One field for each parameter of a method or a source: a number with a slider, a box to tick, or a list to choose from. */
export const paramFields = ({ specs, values, path: owner, problems, paper = true, set }: ParamFields) =>
  Object.entries(specs).map(([key, spec]) => {
    const path = `${owner}.${key}`;
    const value = values[key] ?? spec.default;
    const note = originOf(spec, paper);
    if (spec.kind === 'number') {
      return numberInput({
        ...spec,
        path,
        slider: true,
        value: value as number,
        note,
        problems,
        change: (x) => set(path, x),
      });
    }
    const id = `field-${path.replaceAll('.', '-')}`;
    if (spec.kind === 'name') {
      return html`<div class="field"><label for=${id}>${spec.label}</label>
        <div class="field-inputs"><input id=${id} data-testid=${id} type="text" spellcheck="false" aria-describedby="${id}-help" .value=${String(value)}
          @change=${(e: Event) => set(path, (e.target as HTMLInputElement).value.trim())} /></div>
        <p class="field-help" id="${id}-help">${spec.help}</p>
      </div>`;
    }
    const problem = problems.find((p) => p.field === path);
    if (spec.kind === 'flag') {
      return html`<div class="field">
        <label class="tick"><input id=${id} data-testid=${id} type="checkbox" aria-describedby="${id}-help"
          .checked=${value === true} @change=${(e: Event) => set(path, (e.target as HTMLInputElement).checked)} /> ${spec.label}</label>
        <p class="field-help" id="${id}-help">${spec.help} ${note}
          ${problem ? html`<strong class="field-problem">${problem.message}</strong>` : nothing}</p>
      </div>`;
    }
    return choice({
      id: path.replaceAll('.', '-'),
      label: spec.label,
      help: spec.help,
      note,
      value: String(value),
      options: Object.entries(spec.options).map(([option, label]) => ({ id: option, label })),
      change: (x) => set(path, x),
    });
  });
