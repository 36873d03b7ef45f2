/** A number of bytes for people, decimal: `3 bytes`, `94.2 MB`, `2.70 GB`. */
export const sizeInWords = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
};
