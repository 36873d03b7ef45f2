/**
 * At which steps of a run weights are kept on the way: at even distances in each pass, its beginning and its end among them;
 * where there are more passes than that allows, at the ends of some of them, the last among them.
 * @param passes steps of each pass
 * @param most that may be kept of the whole run
 * @returns whether weights are kept after so many steps of a pass (0 is before the first)
 */
export const snapshotPlan = (
  passes: readonly number[],
  most: number,
): ((pass: number, step: number) => boolean) => {
  if (most < 1 || passes.length === 0) return () => false;
  const keptOf = (every: number) => passes.reduce((sum, steps) => sum + 1 + Math.ceil(steps / every), 0);
  const longest = Math.max(...passes);
  if (keptOf(longest) > most) {
    const stride = Math.ceil(passes.length / most);
    return (pass, step) => step === passes[pass] && (passes.length - 1 - pass) % stride === 0;
  }
  let every = 1;
  while (keptOf(every) > most) every++;
  return (pass, step) => step % every === 0 || step === passes[pass];
};
