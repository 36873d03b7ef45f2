/** How many times better than the other side, by name; `dispatchesPerStep` is a count. */
export type Ratios = Record<string, number>;

/** Shows a line at once, and keeps it for the report. */
export type Say = (line: string) => void;
