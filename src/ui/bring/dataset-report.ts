import { html, nothing } from 'lit';
import type { DatasetReport } from '../../data/prepare/report';
import { count, percent, plural } from '../format';
import { formatLabels } from './format-names';
import { histogramFigure } from './histogram';
import { sampleList } from './samples';
import { shown } from './shown';

const dropped = ({ dropped: reasons }: DatasetReport) =>
  reasons.length === 0
    ? nothing
    : html`<h4>Left out</h4>
      <ul class="dropped" data-testid="report-dropped">${reasons.map(
        (d) => html`<li><details>
          <summary>${count(d.count)} × ${shown(d.reason)}</summary>
          <div class="scroll-x" tabindex="0" role="group" aria-label="Where: ${shown(d.reason)}"><table><thead><tr><th scope="col">Where</th><th scope="col">What stands there</th></tr></thead>
            <tbody>${d.examples.map((e) => html`<tr><td>${shown(e.where)}</td><td><bdi class="data-text">${shown(e.excerpt)}</bdi></td></tr>`)}</tbody></table></div>
          ${d.count > d.examples.length ? html`<p class="quiet">and ${count(d.count - d.examples.length)} more</p>` : nothing}
        </details></li>`,
      )}</ul>`;

const unused = ({ unusedColumns }: DatasetReport) =>
  unusedColumns.length === 0
    ? nothing
    : html`<h4>Columns that are not used</h4>
      <p data-testid="report-unused">${unusedColumns.map(
        ({ name, count: rows }, i) =>
          html`${i > 0 ? ', ' : ''}<bdi class="data-text">${shown(name)}</bdi> (${rows === 0 ? 'empty' : `in ${count(rows)} ${rows === 1 ? 'row' : 'rows'}`})`,
      )}</p>`;

const row = (what: string, value: string) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`;

const checks = (
  { template: t, truncated, equalSides, emptySides, duplicates }: DatasetReport,
  compared: boolean,
) => html`<dl class="legend" data-testid="report-checks">
  ${row('Prompts cut', count(truncated.prompt))}
  ${row(compared ? 'Chosen answers cut' : 'Answers cut', count(truncated.chosen))}
  ${compared ? row('Rejected answers cut', count(truncated.rejected)) : nothing}
  ${compared ? row('Chosen equal to rejected', count(equalSides)) : nothing}
  ${row('Empty answers', count(emptySides))}
  ${row('Repeats of an earlier example', count(duplicates))}
  ${row('Begin with BOS twice', `${count(t.bosTwice)} of ${count(t.sequences)}`)}
  ${row('Begin without BOS', `${count(t.bosMissing)} of ${count(t.sequences)}`)}
  ${row('End without EOS', `${count(t.eosMissing)} of ${count(t.answers)}`)}
  ${row('End with EOS twice', `${count(t.eosTwice)} of ${count(t.answers)}`)}
  ${row('Prompt written otherwise alone', `${count(t.promptNotPrefix)} of ${count(t.sequences)}`)}
</dl>`;

/** What became of a dataset's rows, before anything is trained on them. */
export const datasetReport = (report: DatasetReport, stale: boolean) => {
  const { rows, trees, lengths } = report;
  const compared = lengths.rejected.count > 0;
  return html`<div class="report ${stale ? 'is-stale' : ''}" data-testid="data-report" data-stale=${String(stale)}>
    ${stale ? html`<p class="trouble" data-testid="report-stale">Settings have changed since this report was made. Check the data again.</p>` : nothing}
    <p data-testid="report-rows"><strong>${plural(rows.read, 'row')} read, ${count(rows.used)} used</strong>${rows.dropped > 0 ? `, ${count(rows.dropped)} left out` : ''}
      (${formatLabels[report.format]}). They give ${plural(trees.train, 'example')} to train on${trees.heldOut > 0 ? ` and ${count(trees.heldOut)} held out` : ', and none held out'}${compared ? `, ${plural(report.comparisons, 'comparison')}` : ''}: ${plural(report.tokens, 'token')}.</p>
    ${report.warnings.length > 0 ? html`<ul class="warnings" data-testid="report-warnings">${report.warnings.map((w) => html`<li>${shown(w)}</li>`)}</ul>` : html`<p>Nothing to warn of.</p>`}
    ${dropped(report)}
    ${unused(report)}
    <h4>Lengths in tokens, before anything is cut</h4>
    <div class="histograms">
      ${histogramFigure('Prompts', 'prompt', lengths.prompt)}
      ${histogramFigure(compared ? 'Chosen' : 'Answers', 'chosen', lengths.chosen)}
      ${compared ? histogramFigure('Rejected', 'rejected', lengths.rejected) : nothing}
    </div>
    <details open><summary>Checks</summary>${checks(report, compared)}
      ${rows.read > 0 && rows.dropped > 0 ? html`<p class="quiet">${percent(rows.dropped / rows.read)} of the rows are left out.</p>` : nothing}
    </details>
    <details data-testid="report-samples-more"><summary>Examples as they will be trained on</summary>${sampleList(report.samples, 'report-samples')}</details>
  </div>`;
};
