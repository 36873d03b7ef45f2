/**
 * The modules that an adapter adapts, for people: short names as they are, whole ones ("model.layers.3.self_attn.q_proj")
 * by their last part with the layers they are of.
 */
export const targetsInWords = (targets: readonly string[]): string => {
  const layers = new Map<string, Set<string>>();
  for (const target of targets) {
    const part = target.slice(target.lastIndexOf('.') + 1);
    const own = layers.get(part) ?? new Set();
    const layer = /\.(\d+)\./.exec(target)?.[1];
    if (layer !== undefined) own.add(layer);
    layers.set(part, own);
  }
  return [...layers]
    .map(([part, own]) => {
      if (own.size === 0) return part;
      return own.size === 1 ? `${part} of layer ${[...own][0]}` : `${part} of ${own.size} layers`;
    })
    .join(', ');
};
