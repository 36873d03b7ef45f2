// The last words of a script that failed: a sentence, never a stack.
import { UsageError } from './usage-error.mjs';

/** Playwright's messages go on with its own log, in colours. */
const withoutLog = (message) =>
  message
    .replace(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g'), '')
    .split(/\n(?:Call log|Browser logs|Call Log|=+ logs)/)[0]
    .trim();

/** @param {any} error */
const sentenceOf = (error) => {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = /** @type {NodeJS.ErrnoException} */ (error);
  const message = withoutLog(error.message);
  if (error instanceof UsageError) return message;
  if (/(target|page|context|browser)[\w, ]* (has been |been )?(closed|crashed)/i.test(message)) {
    return 'The browser ended in the middle of it; there may have been too little memory. With --store, what was saved can be gone on with: --resume.';
  }
  if (code === 'ENOSPC') return `The disk is full (${message}).`;
  return syscall ? message : `${error.name === 'Error' ? '' : `${error.name}: `}${message}`;
};

/**
 * Prints what went wrong. The stack is for whoever mends the program: MARGINALIA_STACK=1 shows it.
 * @param {unknown} error
 * @returns {number} the exit code: 2 for what the person can put right, else 1
 */
export const tellError = (error) => {
  console.error(sentenceOf(error));
  if (process.env.MARGINALIA_STACK && error instanceof Error) console.error(error.stack);
  return error instanceof UsageError ? 2 : 1;
};

/** For the whole of a script: what nobody catches is told in a sentence, and a reader who has enough (`| head`) is no error. */
export const withoutStacks = () => {
  process.on('uncaughtException', (error) => {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') process.exit();
    process.exit(tellError(error));
  });
};
