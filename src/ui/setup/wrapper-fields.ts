import { html, nothing } from 'lit';
import { defaultParams } from '../../methods/params';
import type { WrapperInfo } from '../../train/method-info';
import type { RunDocument } from '../../train/run-document';
import type { FieldProblem } from '../state';
import { paramFields } from './param-fields';

interface WrapperFields {
  wrappers: readonly WrapperInfo[];
  chosen: RunDocument['data']['wrappers'];
  problems: readonly FieldProblem[];
  set(path: string, value: unknown): void;
}

const without = (chosen: WrapperFields['chosen'], id: string) =>
  Object.fromEntries(Object.entries(chosen).filter(([own]) => own !== id));

const one = (wrapper: WrapperInfo, { chosen, problems, set }: WrapperFields) => {
  const { id, name, summary, params } = wrapper;
  const values = chosen[id];
  const turn = (on: boolean) =>
    set('data.wrappers', on ? { ...chosen, [id]: defaultParams(wrapper) } : without(chosen, id));
  return html`<div class="field">
      <label class="tick"><input id="wrapper-${id}" data-testid="wrapper-${id}" type="checkbox" aria-describedby="wrapper-${id}-help"
        .checked=${values !== undefined} @change=${(e: Event) => turn((e.target as HTMLInputElement).checked)} /> ${name}</label>
      <p class="field-help" id="wrapper-${id}-help">${summary}</p>
    </div>
    ${values ? paramFields({ specs: params, values, path: `data.wrappers.${id}`, problems, set }) : nothing}`;
};

/** A box to tick for each wrapper that the method's data can have around them, with its parameters once it is ticked. */
export const wrapperFields = (fields: WrapperFields) =>
  fields.wrappers.length === 0
    ? nothing
    : html`<fieldset class="fields parameters" data-testid="wrappers">
        <legend>What is changed in the data</legend>
        ${fields.wrappers.map((wrapper) => one(wrapper, fields))}
      </fieldset>`;
