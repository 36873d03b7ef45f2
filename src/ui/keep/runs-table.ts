import { html, nothing } from 'lit';
import type { Evaluation, RunSummary } from '../../../workers/protocol';
import { isTied } from '../../train/outcome';
import { AppElement, define } from '../element';
import { count, date, percent } from '../format';
import { isMoving, phaseWords } from '../state';
import type { ConfirmDialog } from './confirm-dialog';

/** The stored runs: open one at its last checkpoint, or delete it. */
export class RunsTable extends AppElement {
  static override properties = { ...AppElement.properties, confirm: { attribute: false } };
  declare confirm: () => ConfirmDialog;

  protected watched() {
    return ['runs', 'openRuns', 'status', 'methods', 'models', 'connection'] as const;
  }

  #name(run: RunSummary) {
    return `${this.app.method(run.document.method.id)?.name ?? run.document.method.id} on ${this.state.models.find((m) => m.id === run.document.model)?.name ?? run.document.model}`;
  }

  async #delete(run: RunSummary) {
    const yes = await this.confirm().ask(
      'Delete this run?',
      `${this.#name(run)}, step ${count(run.step)} of ${count(run.document.steps)}, with its checkpoints. This cannot be undone.`,
      'Delete it',
    );
    if (!yes) return;
    await this.app.attempt('deleting a run', async () => {
      await this.app.connection.api.deleteRun(run.runId);
      this.app.letGo(run.runId);
      await this.app.refreshRuns();
      if (this.state.storage) await this.app.refreshStorage();
    });
  }

  #row(run: RunSummary) {
    const { status } = this.state;
    const current = status?.runId === run.runId;
    const [first, last] = [run.evaluations[0], run.evaluations.at(-1)];
    const share = (e: Evaluation) => (isTied(e) ? 'tied' : percent(e.accuracy));
    const name = this.#name(run);
    return html`<tr role="row" data-testid="run-${run.runId}">
      <th role="rowheader" scope="row">${name}${current ? html` <span class="quiet">(shown)</span>` : nothing}</th>
      <td role="cell" data-label="Step">${count(run.step)} of ${count(run.document.steps)}, ${phaseWords(run, this.state)}</td>
      <td role="cell" data-label="Held out, right">${first === undefined || last === undefined ? '–' : `${share(first)} → ${share(last)}${first.kind === 'pairs' ? ' of pairs' : ''}`}</td>
      <td role="cell" data-label="Last change">${date(run.updated)}</td>
      <td role="cell"><div class="actions">
        <button type="button" class="quiet-button" data-testid="run-open" aria-label="Open ${name}, ${date(run.updated)}" ?disabled=${current || isMoving(status?.phase)}
          @click=${() => void this.app.control.open(run)}>Open</button>
        <button type="button" class="quiet-button" data-testid="run-delete" aria-label="Delete ${name}, ${date(run.updated)}" ?disabled=${current && isMoving(status.phase)}
          @click=${() => void this.#delete(run)}>Delete</button>
      </div></td>
    </tr>`;
  }

  override render() {
    const { runs } = this.state;
    return html`<div class="group">
      <h3 id="runs-title">Runs</h3>
      ${
        runs.length === 0
          ? html`<p class="hint" data-testid="run-list">None yet. A run is kept here with its checkpoints, also when the tab is closed in the middle.</p>`
          : html`<div class="scroll-x" tabindex="0" role="group" aria-labelledby="runs-title"><table role="table" class="as-cards" data-testid="run-list">
              <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Run</th><th role="columnheader" scope="col">Step</th><th role="columnheader" scope="col">Held out, right</th><th role="columnheader" scope="col">Last change</th><th role="columnheader" scope="col"><span class="visually-hidden">Actions</span></th></tr></thead>
              <tbody role="rowgroup">${runs.map((run) => this.#row(run))}</tbody>
            </table></div>`
      }
    </div>`;
  }
}

define('runs-table', RunsTable);
