/**
 * Names of tensors as training programs leave them behind. A model that was compiled, spread over devices or told to compute
 * layers again is wrapped, and each wrapper puts a name of its own among the modules'.
 */

/** Put in front of a module's name, or among its parts, by torch.compile, FSDP and activation checkpointing. */
const WRAPPERS = /(^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g;

/** In front of everything, by DataParallel, DistributedDataParallel and DeepSpeed. */
const OUTER = /^(?:module\.)+/;

/** The name without what wrappers added to it. */
export const unwrappedName = (name: string): string =>
  name.replace(WRAPPERS, '').replace(/^\./, '').replace(OUTER, '');
