/** Drops the numbers of the trees that came first, but for those at hand, until the rest fits. */
export const forget = (byTree: Map<string, Float32Array>, bytes: number, atHand: ReadonlySet<string>) => {
  let total = 0;
  for (const values of byTree.values()) total += values.byteLength;
  for (const [id, values] of byTree) {
    if (total <= bytes) return;
    if (atHand.has(id)) continue;
    byTree.delete(id);
    total -= values.byteLength;
  }
};
