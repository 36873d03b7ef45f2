import type { Params } from '../methods/params';
import { defaultParams } from '../methods/params';
import type { Pass } from '../methods/pass';
import { ownSource } from '../methods/pass';
import { sourcesFor } from '../sources/index';
import type { Source } from '../sources/source';
import { worlds } from '../tasks/cards';
import type { RunContext } from './run-context';

/** A source that the document names does not make what the method trains on. */
class UnsuitableSourceError extends Error {
  override name = 'UnsuitableSourceError';
}

/** @throws UnsuitableSourceError when the world's judge does not give the labels that a source goes by */
const checkLabels = (field: string, { task }: RunContext, source: Source, params: Params) => {
  const lack = source.needs?.(params).filter((name) => !task.labels.includes(name)) ?? [];
  if (lack.length === 0) return;
  const able = worlds.filter(({ labels }) => lack.every((name) => labels.includes(name)));
  throw new UnsuitableSourceError(
    `${field}: “${source.name}” needs a world that says which answers are ${lack.map((l) => `"${l}"`).join(' and ')}, and “${task.name}” does not; use ${able.map(({ id, models }) => `data.task "${id}" with the model ${models[0]!.id}`).join(', or ')}.`,
  );
};

/** The source that the document chooses. @throws UnsuitableSourceError when the method cannot train on it */
export const chosenSource = ({ document, method }: RunContext): { source: Source; params: Params } => {
  const { source: chosen } = document.data;
  const known = sourcesFor(method);
  const source = known.find(({ id }) => id === chosen?.id);
  if (!chosen || !source) {
    throw new UnsuitableSourceError(
      `data.source.id: "${chosen?.id}" makes nothing that ${method.name} trains on; use one of ${known.map(({ id }) => id).join(', ')}.`,
    );
  }
  return { source, params: chosen.params };
};

/**
 * That the world says what every source of the run goes by: the document's, where a pass trains on its trees, and those of passes.
 * @throws UnsuitableSourceError
 */
export const checkSources = (ctx: RunContext, passes: readonly Pass[], usesChosen: boolean): void => {
  if (usesChosen) {
    const { source, params } = chosenSource(ctx);
    checkLabels('data.source.id', ctx, source, params);
  }
  for (const pass of passes) {
    const own = ownSource(pass);
    if (own) checkLabels(`method: pass "${pass.id}"`, ctx, own, defaultParams(own));
  }
};
