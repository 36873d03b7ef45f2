import { html, nothing } from 'lit';
import type { ParamSpec, ParamValue } from '../../methods/params';
import type { MethodInfo } from '../../train/method-info';

const rangeOf = (spec: ParamSpec): string =>
  spec.kind === 'flag'
    ? 'on or off'
    : spec.kind === 'choice'
      ? Object.values(spec.options).join(', ')
      : spec.kind === 'name'
        ? 'a name'
        : `${spec.min} to ${spec.max}`;

const shownValue = (value: ParamValue) =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);

/** Small numbers as people write learning rates. */
const setting = (value: number | string) =>
  typeof value === 'number' && value > 0 && value < 0.01 ? value.toExponential() : String(value);

const origins = { paper: 'paper', code: 'code', ours: 'ours' } as const;

/** A method's parameters, and its settings, each to be taken up. @param taken the one that was */
export const methodSettings = (info: MethodInfo, taken: string, take: (preset: string) => void) => {
  const rows = Object.entries(info.params);
  const presets = new Map(info.presets.map(({ id, name }) => [id, name]));
  return html`${
    rows.length > 0
      ? html`<h2>Parameters</h2><div class="scroll-x" tabindex="0" role="group" aria-label="Parameters"><table class="params">
          <thead><tr><th scope="col">parameter</th><th scope="col">default</th><th scope="col">range</th><th scope="col">from</th><th scope="col">what it does</th></tr></thead>
          <tbody>${rows.map(([key, spec]) => html`<tr><th scope="row"><code>${key}</code></th><td>${shownValue(spec.default)}</td><td>${rangeOf(spec)}</td><td><em>${origins[spec.from]}</em></td><td>${spec.help}</td></tr>`)}</tbody>
        </table></div>`
      : nothing
  }
  <h2>Settings</h2>
  <table class="presets"><thead><tr><th scope="col">name</th><th scope="col">settings</th></tr></thead><tbody>
  ${info.presets.map(
    ({
      id,
      name,
      summary,
    }) => html`<tr><th scope="row">${name}</th><td>${summary}${id === 'ours' ? ` learningRate ${setting(info.defaults.learningRate)}, batchSize ${info.defaults.batchSize}.` : ''}
      <button type="button" class="link-button" data-testid="method-preset-${id}" @click=${() => take(id)}>Take them up</button></td></tr>`,
  )}
  </tbody></table>
  <p role="status" class="quiet" data-testid="method-taken">${presets.get(taken) ? `Taken up: ${presets.get(taken)}. Train begins a run with them.` : ''}</p>`;
};
