import { submitLimit } from '../tf';

/**
 * Cuts a dispatch of `groups` workgroups into parts, one as a rule, none of which is more work than a command buffer may hold as far
 * as whole workgroups allow. What a workgroup computes does not depend on the part that it is in.
 * @param work floating-point operations of all of them
 */
export const groupParts = (
  groups: number,
  work: number,
): { first: number; count: number; work: number }[] => {
  const parts = Math.min(groups, Math.max(1, Math.ceil(work / submitLimit.work)));
  const most = Math.ceil(groups / parts);
  return Array.from({ length: Math.ceil(groups / most) }, (_, i) => {
    const count = Math.min(most, groups - i * most);
    return { first: i * most, count, work: (work * count) / groups };
  });
};
