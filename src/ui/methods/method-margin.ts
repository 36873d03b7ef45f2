import { html, nothing } from 'lit';
import type { MethodInfo } from '../../train/method-info';
import type { App } from '../app';
import { number } from '../format';
import { pageLink } from '../page-link';
import { measuredCost } from './cost';
import { dataWords, fork } from './fork';

/** What stands beside a method: its paper, what it eats and costs, and its kin. */
export const methodMargin = (app: App, info: MethodInfo, all: readonly MethodInfo[]) => {
  const { paper } = info;
  const cost = measuredCost(info.id);
  const kin = all.filter(
    (m) =>
      m.kin?.id === info.id ||
      (info.kin && m.kin?.axis === info.kin.axis && m.kin.id === info.kin.id && m.id !== info.id),
  );
  return html`<p><cite><a href=${paper.url} rel="noreferrer" target="_blank">${paper.title}</a></cite><br />${paper.authors}, ${paper.year}${paper.arxiv ? html` <code>${paper.arxiv}</code>` : nothing}</p>
    <p class="m-glyph">${fork(info.eats)}</p>
    <p><strong>Eats</strong> ${dataWords(info.eats)}.${info.takes.length > 0 ? html` <strong>Takes</strong> ${info.takes.join(', ')}.` : nothing}</p>
    <p data-testid="method-cost"><strong>Costs</strong> ${cost ? html`${number(Number(cost.seconds.toPrecision(2)))} s of one processor core for the default run${cost.inDpo && info.id !== 'dpo' ? html`, ${number(Number(cost.inDpo.toPrecision(2)))} of DPO’s` : nothing}.` : 'not measured yet.'}</p>
    ${
      kin.length > 0
        ? html`<h3>Kin</h3><ul class="kin">${kin.slice(0, 12).map((m) => html`<li>${pageLink(app, { path: ['methods', m.id] }, m.name)} <span>${m.kin!.change}</span></li>`)}</ul>`
        : nothing
    }`;
};
