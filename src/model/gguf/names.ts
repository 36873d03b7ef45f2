import type { Family } from '../families/family';
import { families } from '../families/index';
import type { Fail } from './error';
import { keyPlace, quoted, tensorPlace } from './error';
import type { Fields } from './fields';
import { needed } from './fields';

/**
 * The family of the file's `general.architecture`; llama.cpp and we name them alike.
 * @throws GgufError for an architecture that is none of ours.
 */
export const architectureOf = (fields: Fields): Family => {
  const key = 'general.architecture';
  const name = needed(fields, key, fields.text(key));
  const known = families.map((family) => family.name).join(', ');
  return (
    families.find((family) => family.name === name) ??
    fields.fail(
      keyPlace(key),
      `${quoted(name)} is not supported; ${known} are`,
      'Use a Llama, SmolLM2, Mistral, Qwen2, Qwen2.5, Qwen3 or GPT-2 model.',
    )
  );
};

/** Tensors that say nothing the configuration does not say: tables of rotary frequencies of old files. */
const ignored = /^blk\.\d+\.attn_rot_embd(\.weight)?$/;

/**
 * Gives tensors their Hugging Face names; undefined for one that is left out.
 * @throws GgufError through `fail` for a tensor that the architecture does not have.
 */
export const nameTensors = ({ name: architecture, ggufNames }: Family, fail: Fail) => {
  const modules = new Map(Object.entries(ggufNames).map(([ours, theirs]) => [theirs, ours]));
  return (name: string): string | undefined => {
    if (ignored.test(name)) return undefined;
    const [, module = '', kind = ''] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
    const layer = /^blk\.(0|[1-9]\d{0,3})\./.exec(module)?.[1];
    const found = modules.get(layer === undefined ? module : module.replace(/\d+/, '{i}'));
    return found === undefined
      ? fail(
          tensorPlace(name),
          `the architecture ${quoted(architecture)} has no such tensor`,
          'Use a file of a plain language model, without experts, adapters or vision parts.',
        )
      : `${found.replace('{i}', `${Number(layer)}`)}.${kind}`;
  };
};
