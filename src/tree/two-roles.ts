/** The first comparison whose rejected answer is the chosen one of another; undefined when every answer has one role. */
export const inTwoRoles = <C extends { chosen: number; rejected: number }>(
  comparisons: readonly C[],
): C | undefined => {
  const chosen = new Set(comparisons.map((c) => c.chosen));
  return comparisons.find((c) => chosen.has(c.rejected));
};
