/** 12,345: with a comma between thousands, the same on every machine. */
export const count = (value: number): string => value.toLocaleString('en-GB');

/** "1 pair", "2,048 pairs". */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
