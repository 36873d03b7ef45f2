// Which studies are meant, each on which of its base models.
import { UsageError } from '../terminal/usage-error.mjs';

/**
 * @param {{ ids: readonly string[], base?: string }} options no ids: all studies
 * @param {readonly any[]} studies
 * @param {any} core the functions of src/studies/core
 */
export const wantedStudies = ({ ids, base }, studies, core) => {
  const named = ids.map((id) => {
    const study = studies.find((each) => each.id === id);
    if (study) return study;
    throw new UsageError(
      `There is no study "${id}"; use one of ${studies.map((each) => each.id).join(', ')}.`,
    );
  });
  const among = named.length > 0 ? named : studies;
  if (base === undefined) return among.flatMap(core.onBases);
  const found = among.flatMap((study) => core.onBase(study, base) ?? []);
  const without = named.find((study) => !core.onBase(study, base));
  if (!without && found.length > 0) return found;
  const refused = without ? [without] : among;
  const names = new Set(
    refused.flatMap((study) => core.onBases(study).flatMap((each) => core.baseOf(each) ?? [])),
  );
  throw new UsageError(
    names.size === 0
      ? `--base: ${without.id} trains no language model; leave out --base.`
      : `--base: "${base}" is not a base model of ${without?.id ?? 'any study'}; use ${[...names].join(' or ')}.`,
  );
};
