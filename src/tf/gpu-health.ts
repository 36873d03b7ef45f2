/** A GPU call failed, or the device was lost. Nothing computed since the last good read may be used. */
export class GpuError extends Error {
  override name = 'GpuError';
  constructor(
    message: string,
    readonly lost = false,
  ) {
    super(message);
  }
}

let fatal: GpuError | undefined;
const listeners = new Set<(error: GpuError) => void>();

/** The first counts; all are told. */
export const fail = (error: GpuError) => {
  fatal ??= error;
  for (const listener of listeners) listener(error);
};

/** Called at the first GPU error or device loss; returns the function that stops listening. */
export const onGpuError = (listener: (error: GpuError) => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Throws the GPU error that has happened, if any: a result computed after it would be stale or random. */
export const assertGpuHealthy = () => {
  if (fatal) throw fatal;
};

/** An error of a device that is given up says nothing of the next. */
export const forgetGpuErrors = () => {
  fatal = undefined;
};
