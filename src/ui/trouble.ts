/** Something went wrong, told to a person: what, and what they can do about it. */
export interface Trouble {
  title: string;
  /** The messages of the error, one per line. */
  lines: readonly string[];
  remedy: string;
  /** Buttons offered beside it. */
  actions: readonly TroubleAction[];
}

export type TroubleAction = 'restart' | 'resume' | 'wasm' | 'storage' | 'settings' | 'dismiss';

const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'Error');
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Puts an error of the worker into words. Errors cross the worker's border with their name and message only, so the
 * name decides.
 * @param doing what was being done, as a noun phrase ("loading the model")
 */
export const describeTrouble = (error: unknown, doing: string): Trouble => {
  const name = nameOf(error);
  const lines = messageOf(error).split('\n').filter(Boolean);
  const text = lines.join(' ');
  if (name === 'MemoryError') {
    return {
      title: 'There was not enough memory',
      lines,
      remedy: 'Change what is named above, then train again. What was saved until now stays.',
      actions: ['settings', 'dismiss'],
    };
  }
  if (name === 'GpuError') {
    const lost = /\blost\b/i.test(text);
    return {
      title: lost ? 'The GPU went away' : 'The GPU refused a command',
      lines,
      remedy:
        'What was computed after the last checkpoint is gone; everything before it is safe. Start the engine anew and go on from the checkpoint, or go on more slowly on WebAssembly.',
      actions: ['resume', 'wasm', 'dismiss'],
    };
  }
  if (name === 'WorkerCrash') {
    return {
      title: 'The training worker stopped',
      lines,
      remedy: 'Start it anew; an interrupted run goes on from its last checkpoint.',
      actions: ['resume', 'restart'],
    };
  }
  if (name === 'RunDocumentError') {
    return {
      title: 'These settings cannot be used',
      lines,
      remedy: 'Correct these fields. Nothing was changed.',
      actions: ['dismiss'],
    };
  }
  if (name === 'RunLockedError') {
    return {
      title: 'Another tab has this run',
      lines,
      remedy: 'Nothing was changed here. A new run can be trained in this tab meanwhile.',
      actions: ['dismiss'],
    };
  }
  if (
    name === 'QuotaExceededError' ||
    name === 'StoreFullError' ||
    /quota|disk is full|storage is full/i.test(text)
  ) {
    return {
      title: 'The storage is full',
      lines,
      remedy:
        'Delete old runs or checkpoints, then press Resume. Training itself can go on without being saved.',
      actions: ['storage', 'dismiss'],
    };
  }
  if (/WebGPU/.test(text) && /adapter|offer/i.test(text)) {
    return {
      title: 'WebGPU cannot be had here',
      lines,
      remedy: 'Go on with WebAssembly: slower, the same numbers to within rounding.',
      actions: ['wasm'],
    };
  }
  return {
    title: `Something failed while ${doing}`,
    lines,
    remedy: 'If it happens again after starting the engine anew, the message above says what to look at.',
    actions: ['restart', 'dismiss'],
  };
};
