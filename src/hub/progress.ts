/** How a download stands. Sizes in bytes. */
export interface DownloadProgress {
  /** The file under way. */
  file: string;
  fileReceived: number;
  fileBytes: number;
  /** Of all files, with what an earlier visit left. */
  received: number;
  total: number;
  /** Of the last seconds; 0 before there is a measure. */
  bytesPerSecond: number;
  /** Undefined before there is a measure. */
  secondsLeft: number | undefined;
}

/** Milliseconds between two events: at most ten a second. */
const PAUSE = 100;
/** Milliseconds over which the speed is measured. */
const WINDOW = 5000;

/**
 * Counts bytes and tells of them, at most ten times a second; the last of a file and of all are always told.
 * @param files in any order, with what is there of each
 * @param now milliseconds
 */
export const createMeter = (
  files: readonly { name: string; bytes: number; have: number }[],
  emit: (progress: DownloadProgress) => void,
  now: () => number = () => performance.now(),
) => {
  const have = new Map(files.map((file) => [file.name, file.have]));
  const sizes = new Map(files.map((file) => [file.name, file.bytes]));
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let received = files.reduce((sum, file) => sum + file.have, 0);
  /** Bytes that came over the wire, at times. */
  let wire = 0;
  let marks = [{ time: now(), wire: 0 }];
  let last = Number.NEGATIVE_INFINITY;
  let dueName: string | undefined;

  const tell = (name: string, time: number) => {
    last = time;
    dueName = undefined;
    marks.push({ time, wire });
    // One mark older than the window stays, so that the window is always covered.
    while (marks.length > 2 && time - marks[1]!.time >= WINDOW) marks = marks.slice(1);
    const span = time - marks[0]!.time;
    const bytesPerSecond = span > 0 ? ((wire - marks[0]!.wire) / span) * 1000 : 0;
    emit({
      file: name,
      fileReceived: have.get(name)!,
      fileBytes: sizes.get(name)!,
      received,
      total,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? (total - received) / bytesPerSecond : undefined,
    });
  };

  return {
    /** The file has so many bytes now; fewer than before when its parts were given up. */
    at: (name: string, position: number) => {
      const gain = position - have.get(name)!;
      received += gain;
      wire += Math.max(0, gain);
      have.set(name, position);
      const time = now();
      if (time - last >= PAUSE) tell(name, time);
      else dueName = name;
    },
    /** Tells what was held back. To be called at the end. */
    end: () => {
      if (dueName !== undefined) tell(dueName, now());
    },
  };
};
