import { spawn } from 'node:child_process';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `npm run train`, or another script, with these options; `onStderr` sees all that was written so far, and may send a signal. */
export const train = (
  args: string[],
  {
    onStderr,
    env = {},
    script = 'scripts/train.mjs',
  }: {
    onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
    env?: Record<string, string>;
    script?: string;
  } = {},
) =>
  new Promise<Ended>((done) => {
    const child = spawn(process.execPath, [script, ...args], {
      env: { ...process.env, ...env },
    });
    const ended = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      ended.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      ended.stderr += chunk;
      onStderr?.(ended.stderr, (signal) => child.kill(signal));
    });
    child.on('close', (code) => done({ code, ...ended }));
  });
