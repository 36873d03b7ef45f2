import type { ModelSummary } from '../../../workers/protocol';
import { worldOfModel } from '../../tasks/cards';
import type { RunDocument } from '../../train/run-document';
import { type ClickSession, newSession } from './session';
import { starterPrompts } from './starter-prompts';

/** Why a model's answers cannot be clicked on; empty where they can. */
export const unfitFor = ({ id, name }: ModelSummary): string => {
  if (worldOfModel(id)?.id === 'turns')
    return `${name} plays in turns, and half of such a text is said by its environment; a pair of whole texts would teach that half too. Choose another model.`;
  return '';
};

/** The world that a built-in model answers in, at the difficulty of the document; null for a model that was brought. */
export const worldFor = ({ id, builtIn }: ModelSummary, { data }: RunDocument): ClickSession['world'] => {
  const card = builtIn ? worldOfModel(id) : undefined;
  if (!card) return null;
  const suited = card.models.find((model) => model.id === id)!.difficulty;
  return { task: card.id, difficulty: data.task === card.id ? data.difficulty : suited };
};

/** Nothing has been clicked yet. */
export const firstSession = (model: ModelSummary, document: RunDocument): ClickSession => {
  const world = worldFor(model, document);
  return newSession({
    model: model.id,
    world,
    chat: model.details?.chatTemplate ?? false,
    seed: document.seed,
    prompts: world ? [] : starterPrompts,
  });
};
