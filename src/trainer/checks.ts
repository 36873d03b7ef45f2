import type { LoadedModel } from '../load/loaded-model';
import type { Method } from '../methods/method';
import { areImages } from '../methods/method';
import { worldProblems } from '../tasks/cards';
import type { RunDocument } from '../train/run-document';

/** @throws naming the field: an unknown world or difficulty, or a model that was made for another world */
export const checkWorld = (document: Parameters<typeof worldProblems>[0]) => {
  const [problem] = worldProblems(document);
  if (problem) throw new Error(`${problem.field}: ${problem.message}.`);
};

/** A model that draws takes methods for images, and whole; one of text the others. @throws Error naming the field */
export const checkMedium = (method: Method, document: RunDocument, model: LoadedModel) => {
  const { name } = model.summary;
  if (areImages(method.eats) !== (model.denoiser !== undefined)) {
    throw new Error(
      model.denoiser
        ? `method.id: ${method.name} trains on text, and ${name} draws images; choose a method of the chapter “Denoising”, or another model.`
        : `model: ${method.name} trains on images, and ${name} writes text; choose shapes-nano, or another method.`,
    );
  }
  if (model.denoiser && document.adapter) {
    throw new Error(`adapter: ${name} is trained whole, being small; set it to null.`);
  }
  if (model.denoiser && document.data.dataset) {
    throw new Error(
      `data.dataset: ${name} trains on images that it draws itself, not on files of text; set it to null.`,
    );
  }
};
