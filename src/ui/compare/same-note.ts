import { html, nothing } from 'lit';
import type { RunDocument } from '../../train/run-document';
import type { App } from '../app';
import { count, fieldValue } from '../format';
import { betasOf, byArm, commonSource, type Setting, sameness } from './sameness';

/** The file of an arm by its name, or how many pairs it makes of what. */
const dataOf = (app: App, { data, method }: RunDocument): string => {
  const { dataset, source, trees, wrappers } = data;
  const info = app.method(method.id);
  const around = Object.keys(wrappers).map(
    (key) => `, ${info?.wrappers.find(({ id }) => id === key)?.name.toLowerCase() ?? key}`,
  );
  if (dataset)
    return `${app.store.get().datasets.find(({ id }) => id === dataset.id)?.name ?? dataset.id}${around.join('')}`;
  const made = info?.sources.find(({ id }) => id === source?.id)?.name;
  return `${count(trees)} trees, ${made?.toLowerCase() ?? source?.id}${around.join('')}`;
};

const settingsOf = (app: App): Setting[] => {
  return [
    {
      name: 'model',
      of: (d) => [d.model, d.adapter],
      say: (d) =>
        `${app.store.get().models.find(({ id }) => id === d.model)?.name ?? d.model}${d.adapter ? ' with an adapter' : ''}`,
    },
    { name: 'data', of: ({ data }) => data, say: (d) => dataOf(app, d) },
    { name: 'seed and order', of: (d) => d.seed, say: (d) => String(d.seed) },
    {
      name: 'learning rate',
      of: (d) => d.optimizer.learningRate,
      say: (d) => fieldValue(d.optimizer.learningRate),
    },
    {
      name: 'batch',
      of: (d) => [d.batchSize, d.accumulate],
      say: (d) => `${count(d.batchSize)}${d.accumulate > 1 ? ` in ${count(d.accumulate)} parts` : ''}`,
    },
    { name: 'steps', of: (d) => d.steps, say: (d) => count(d.steps) },
  ];
};

/** What all arms have in common and what not. @param share gives all of them pairs of one source */
export const sameNote = (app: App, documents: readonly RunDocument[], share: (source: string) => void) => {
  const { alike, unlike } = sameness(documents, settingsOf(app), [
    ...['method', 'model', 'adapter', 'data', 'seed', 'optimizer.learningRate'],
    ...['batchSize', 'accumulate', 'steps'],
  ]);
  const common = commonSource(documents, (id) => app.method(id));
  const makers = new Set(documents.map(({ data }) => data.source?.id));
  return html`<p class="same" data-testid="compare-same">The same for all: ${alike.map(({ name, said }, i) => html`${i > 0 ? ' · ' : ''}${name} <strong>${said}</strong>`)}.
      ${unlike.length > 0 ? html`Not the same: ${unlike.map(({ name, said }) => `${name} (${byArm(said)})`).join(', ')}.` : nothing}
      ${makers.size > 1 ? 'The arms eat different things: problems and samples are shared, the pairs made of them are not.' : nothing}
      ${
        common
          ? html`<button type="button" class="link-button" data-testid="compare-common" @click=${() => share(common.id)}>Give all of them: ${common.name.toLowerCase()}</button>`
          : nothing
      }</p>`;
};

/** What beta multiplies, where that is not one thing. */
export const betaNote = (app: App, documents: readonly RunDocument[]) => {
  const betas = betasOf(documents, (id) => app.method(id));
  if (!betas) return nothing;
  return html`<p data-testid="compare-betas"><strong>Not the same thing:</strong> beta goes with means over tokens in ${betas.mean.join(', ')}, with sums in ${betas.sum.join(', ')}. Their values are not to be compared; what the runs can do is.</p>`;
};
