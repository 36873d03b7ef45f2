/** What a person said of two images of one condition, as data and as files: JSON lines that name PNGs. Nothing here needs a network. */
import { strToU8 } from 'fflate';
import { pngOf } from '../util/png';
import { conditionAt, inWords } from './world/condition';
import { SIDE } from './world/draw';

/** One choice: pixels of both images as bytes, rows of three channels. */
export interface Choice {
  /** Index of what was asked for. */
  condition: number;
  chosen: Uint8Array; // [SIZE]
  rejected: Uint8Array; // [SIZE]
}

/** Fewer say too little to be learned from. */
export const LEAST_CHOICES = 10;

/** The file that names the others. */
export const CHOICES_FILE = 'pairs.jsonl';

/** As `exportImages` writes the pairs of a run, so that either can be read. */
export const filesOfChoices = (choices: readonly Choice[]): Map<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>();
  const lines = choices.map(({ condition, chosen, rejected }, i) => {
    const at = String(i + 1).padStart(4, '0');
    const [winner, loser] = [`pairs/${at}-1.png`, `pairs/${at}-2.png`];
    files.set(winner, pngOf(chosen, SIDE, SIDE));
    files.set(loser, pngOf(rejected, SIDE, SIDE));
    return JSON.stringify({ prompt: inWords(conditionAt(condition)), chosen: winner, rejected: loser });
  });
  return new Map([[CHOICES_FILE, strToU8(`${lines.join('\n')}\n`)], ...files]);
};
