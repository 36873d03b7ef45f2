// What every script with options does alike.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { tellError, withoutStacks } from './tell-error.mjs';
import { UsageError } from './usage-error.mjs';

/**
 * The whole of a script: reads its options, says its help, and ends with a sentence where something is wrong.
 * @param {{ help: string, options: Record<string, any>, words?: boolean }} shape
 *   options beside --help; `words`: it takes words that belong to no option
 * @param {(values: any, words: string[]) => Promise<unknown>} main gives the exit code; 0 when it gives no number
 */
export const runScript = async ({ help, options, words = false }, main) => {
  withoutStacks();
  /** @returns {{ values: any, positionals: string[] }} */
  const read = () => {
    try {
      return parseArgs({
        allowPositionals: words,
        options: { ...options, help: { type: 'boolean', short: 'h', default: false } },
      });
    } catch (error) {
      throw new UsageError(`${error.message}\n\n${help}`);
    }
  };
  try {
    const { values, positionals } = read();
    if (values.help) return void process.stdout.write(help);
    const code = await main(values, positionals);
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    process.exitCode = tellError(error);
  }
};

/**
 * Seeds of an option such as `--seeds 1,2,3`.
 * @param {string} text
 * @param {number} [least] the smallest seed
 */
export const readSeeds = (text, least = 0) =>
  text.split(',').map((part) => {
    const seed = Number(part);
    if (part.trim() === '' || !Number.isSafeInteger(seed) || seed < least)
      throw new UsageError(
        `--seeds: "${part}" is not a seed; use whole numbers from ${least} on, as in 1,2,3.`,
      );
    return seed;
  });

/**
 * Writes what `--json` asks for.
 * @param {string} path "-" is standard output
 * @param {unknown} value
 */
export const writeJson = (path, value) => {
  if (path === '-') return console.log(JSON.stringify(value));
  try {
    writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`--json: ${path} cannot be written to (${error.code ?? error.message}).`);
  }
};
