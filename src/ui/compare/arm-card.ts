import { html, nothing } from 'lit';
import { chapters } from '../../methods/method';
import { paramsInFormula } from '../../methods/symbols';
import type { MethodInfo } from '../../train/method-info';
import type { RunDocument } from '../../train/run-document';
import type { App } from '../app';
import { fieldNames } from '../setup/field-labels';
import { type ArmFields, styles } from './arms';
import { armKey } from './panels';

interface Shown {
  arm: ArmFields;
  /** Its document, where there is nothing wrong with it. */
  own: RunDocument | undefined;
  /** While it trains nothing is changed. */
  busy: boolean;
  /** Sets one of its own fields; empty takes it off. */
  set(field: string, value: string): void;
  /** Takes it out, where enough others are there. */
  remove?: () => void;
}

/** What an arm's method is set to: what stands in its formula, and all that differs from the defaults. */
const paramsOf = (document: RunDocument | undefined, info: MethodInfo | undefined): [string, string][] => {
  if (!document || !info) return [];
  const inFormula = paramsInFormula(info);
  return Object.entries(document.method.params)
    .filter(([key, value]) => inFormula.has(key) || value !== info.params[key]?.default)
    .map(([key, value]) => [key, String(value)]);
};

/** An arm of a comparison: its method, and what it has of its own. */
export const armCard = (app: App, { arm: { letter, fields }, own, busy, set, remove }: Shown) => {
  const { methods, document } = app.store.get();
  const id = fields['method.id'] ?? '';
  const method = methods.find((m) => m.id === id);
  const others = Object.entries(fields).filter(
    ([key]) => key !== 'method.id' && !key.startsWith('method.params.'),
  );
  return html`<fieldset class="arm" data-testid="compare-arm-${letter}" style="--arm: var(${styles[letter].color})">
      <legend>${armKey({ letter, name: '' })}</legend>
      <label><span class="visually-hidden">Method of ${letter.toUpperCase()}</span>
        <select data-testid="compare-method-${letter}" ?disabled=${busy} .value=${id} @change=${(event: Event) => set('method.id', (event.target as HTMLSelectElement).value)}>
          ${Object.entries(chapters).map(([chapter, title]) => html`<optgroup label=${title}>${methods.filter((m) => m.chapter === chapter).map((m) => html`<option value=${m.id} ?selected=${m.id === id}>${m.name}</option>`)}</optgroup>`)}
        </select></label>
      <p class="arm-own">${[...paramsOf(own, method), ...others].map(([key, value]) => html`<span>${key.replace(/^.*\./, '')} ${value}</span> `)}</p>
      <details><summary>Its own settings</summary>
        ${
          method
            ? Object.entries(method.params).map(
                ([
                  key,
                  spec,
                ]) => html`<label class="arm-field"><code>${key}</code> <input type="text" inputmode="decimal" ?disabled=${busy} data-testid="compare-${letter}-method-params-${key}"
                    .value=${fields[`method.params.${key}`] ?? ''} placeholder=${String(document?.method.id === id ? document.method.params[key] : spec.default)}
                    @change=${(event: Event) => set(`method.params.${key}`, (event.target as HTMLInputElement).value.trim())} /></label>`,
              )
            : nothing
        }
        ${(['optimizer.learningRate', 'seed'] as const).map(
          (
            key,
          ) => html`<label class="arm-field">${fieldNames(app.store.get()).get(key)?.label ?? key} <input type="text" inputmode="decimal" ?disabled=${busy} data-testid="compare-${letter}-${key.replace('.', '-')}"
              .value=${fields[key] ?? ''} placeholder="as all" @change=${(event: Event) => set(key, (event.target as HTMLInputElement).value.trim())} /></label>`,
        )}
      </details>
      ${remove ? html`<button type="button" class="link-button" ?disabled=${busy} data-testid="compare-remove-${letter}" @click=${remove}>Take it out</button>` : nothing}
    </fieldset>`;
};
