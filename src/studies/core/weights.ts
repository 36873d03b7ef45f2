/** A model's weights; others of the same name are another model. */
export interface Weights {
  id: string;
  /** Of `model.safetensors`. */
  sha256: string;
}

/** Of a built-in model, as `public/models/index.json` has it; undefined where there is none of that name. */
export const weightsIn = (
  models: readonly { id: string; files: readonly { name: string; sha256: string }[] }[],
  id: string,
): Weights | undefined => {
  const file = models
    .find((model) => model.id === id)
    ?.files.find(({ name }) => name === 'model.safetensors');
  return file && { id, sha256: file.sha256 };
};
