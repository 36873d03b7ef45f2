import { html, nothing } from 'lit';
import type { Estimate } from '../../../workers/protocol';
import { checkKey } from '../bring/check-key';
import { treesOf } from '../dock/notes';
import { AppElement, define } from '../element';
import { bytes, count, duration, fieldValue, operations, plural } from '../format';
import { fieldNames, withLabels } from './field-labels';
import { withValue } from './fields';
import { aheadWords, epochWords } from './time-words';

/** What the run would take, part by part, and what would make it fit. */
export class EstimatePanel extends AppElement {
  protected watched() {
    return ['estimate', 'estimated', 'estimateProblem', 'document', 'methods', 'checked'] as const;
  }

  /** By the label of the form. */
  #change({ field, value }: Estimate['remedies'][number]) {
    return html`Set “${fieldNames(this.state).get(field)?.label ?? field}” to ${fieldValue(value)}`;
  }

  override render() {
    const { estimate, estimated, estimateProblem, document } = this.state;
    if (estimateProblem)
      return html`<div class="estimate" data-testid="estimate"><h3 id="estimate-title" tabindex="-1">What it takes</h3><p class="quiet">Cannot be said yet: ${withLabels(estimateProblem, fieldNames(this.state))}</p></div>`;
    if (!estimate || !document)
      return html`<div class="estimate" data-testid="estimate"><h3 id="estimate-title" tabindex="-1">What it takes</h3><p class="hint">Being worked out…</p></div>`;
    const { parts, totalBytes, limitBytes, secondsPerStep, tokensPerStep, longest, images } = estimate;
    const { fits, problem, remedies, passes, allSteps: all, ahead, secondsInAll } = estimate;
    const whole = `${plural(all, 'step')}${passes > 1 ? ` in ${count(passes)} passes` : ''}`;
    const steps =
      secondsPerStep === undefined
        ? whole
        : `${whole}, ${duration(secondsPerStep * all)} (${duration(secondsPerStep)} each)`;
    const trees = treesOf(document, this.state, checkKey(document));
    const most = Math.max(1, ...parts.map((p) => p.bytes));
    return html`<div class="estimate ${estimated ? '' : 'is-stale'}" data-testid="estimate" data-fits=${String(fits)} aria-busy=${String(!estimated)}>
      <h3 id="estimate-title" tabindex="-1">What it takes</h3>
      <p><strong>${bytes(Math.round(totalBytes))}</strong>${limitBytes === undefined ? '' : ` of ${bytes(Math.round(limitBytes))} to be had`}${secondsInAll === undefined ? '' : `, about ${duration(secondsInAll)} in all`}.
        <span class="quiet">${
          images
            ? `For ${plural(images.perStep, 'noisy image')} a step; ${operations(images.flops)} in all.`
            : `For ${plural(tokensPerStep, 'token')} a step, the longest path ${count(longest)}.`
        }</span></p>
      ${
        ahead.length > 0 || secondsPerStep !== undefined
          ? html`<p data-testid="estimate-time">${[steps, aheadWords(estimate, document)].filter(Boolean).join('; beside them: ')}. ${passes > 1 ? '' : epochWords(document, trees)}</p>`
          : nothing
      }
      ${
        fits
          ? nothing
          : html`<div class="trouble" data-testid="estimate-problem" role="status">
              <p><strong>It does not fit.</strong> ${problem}</p>
              ${
                remedies.length > 0
                  ? html`<ul class="remedies">${remedies.map(
                      (
                        remedy,
                        i,
                      ) => html`<li><button type="button" data-testid="remedy-${i}" @click=${() => this.app.editor.edit((d) => withValue(d, remedy.field, remedy.value))}>${this.#change(remedy)}</button>
                  <span>${remedy.why} Then ${bytes(Math.round(remedy.totalBytes))}.</span></li>`,
                    )}</ul>`
                  : nothing
              }
            </div>`
      }
      <table class="bars"><caption class="visually-hidden">Memory by part</caption>
        <thead class="visually-hidden"><tr><th scope="col">Part</th><th scope="col">Bytes</th><th scope="col">Share</th></tr></thead>
        <tbody>${parts.map(
          (p) => html`<tr><th scope="row">${p.what}</th><td class="amount">${bytes(Math.round(p.bytes))}</td>
        <td class="bar-cell" aria-hidden="true"><span style="inline-size: ${(100 * p.bytes) / most}%"></span></td></tr>`,
        )}</tbody></table>
    </div>`;
  }
}

define('estimate-panel', EstimatePanel);
