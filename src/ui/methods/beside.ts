import { areImages } from '../../methods/method';
import type { MethodInfo } from '../../train/method-info';
import { defaultRun, type RunDocument } from '../../train/run-document';
import type { Strings } from '../place';
import { writeHash } from '../run-url';
import { withMethod } from '../setup/with-method';

/** A comparison of a method with the one that its family begins with. */
interface Beside {
  /** Id of the other method. */
  root: string;
  /** The page's fields. */
  own: Strings;
  /** Fields of the run document that the address needs, where the method does not train on what is chosen now. */
  run: Strings;
}

/** Undefined for the methods that begin a family, and for a base, which prefers nothing. */
export const besideOf = (
  info: MethodInfo,
  document: RunDocument | undefined,
  methods: readonly MethodInfo[],
): Beside | undefined => {
  const root = areImages(info.eats) ? 'diffusion-dpo' : 'dpo';
  if (!document || info.id === root || info.eats === 'latent-images') return undefined;
  const next = withMethod(
    document,
    methods.find(({ id }) => id === document.method.id),
    info,
  );
  const stays = next.model === document.model && next.data.task === document.data.task;
  const own = { 'a.method.id': root, 'b.method.id': info.id };
  if (stays) return { root, own, run: {} };
  const base = { ...defaultRun(info, next.model), model: defaultRun(info).model };
  const fields = Object.fromEntries(new URLSearchParams(writeHash(next, base)));
  return { root, own, run: { 'method.id': info.id, ...fields } };
};
