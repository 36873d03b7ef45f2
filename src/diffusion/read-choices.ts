/** Choices between images out of a person's files. */
import { unzipSync } from 'fflate';
import { DataError, reasonOf } from '../data/data-error';
import { shownText, shownValue } from '../data/shown-text';
import type { PreferenceTree } from '../tree/tree';
import { sha256Hex } from '../util/hash';
import { PngError, readPng } from '../util/read-png';
import type { Choice } from './choices';
import { CHOICES_FILE, LEAST_CHOICES } from './choices';
import { askedFor, stateAt } from './images';
import { IMAGE } from './net/schedule';
import { CONDITIONS, conditionAt, inWords } from './world/condition';
import { SIDE } from './world/draw';

type Files = ReadonlyMap<string, Uint8Array>;

/** Of a zip: files, and bytes of all of them unpacked. */
const [MOST_FILES, MOST_BYTES] = [20_001, 64 * 2 ** 20];

const MOST_CHOICES = 10_000;

/** The files themselves, or what lies in the one zip that was given. */
const unpacked = (files: Files): Files => {
  const zips = [...files.keys()].filter((name) => /\.zip$/i.test(name));
  const [zip] = zips;
  if (zip === undefined) return files;
  if (files.size > 1)
    throw new DataError(zip, '', 'was given beside other files; give one zip alone, or a folder');
  let [count, bytes] = [0, 0];
  try {
    return new Map(
      Object.entries(
        unzipSync(files.get(zip)!, {
          filter: ({ name, originalSize }) => {
            if (!/\.(png|jsonl)$/i.test(name)) return false;
            count++;
            bytes += originalSize;
            if (count > MOST_FILES || bytes > MOST_BYTES)
              throw new Error(`it holds more than ${MOST_FILES} files or ${MOST_BYTES / 2 ** 20} MB`);
            return true;
          },
        }),
      ),
    );
  } catch (error) {
    throw new DataError(zip, '', `cannot be unpacked: ${reasonOf(error)}`, { cause: error });
  }
};

/** The one file of lines. */
const linesFile = (files: Files): string => {
  const all = [...files.keys()].filter((name) => /\.jsonl$/i.test(name));
  const named = all.filter((name) => name === CHOICES_FILE || name.endsWith(`/${CHOICES_FILE}`));
  const [only, ...others] = named.length > 0 ? named : all;
  if (only === undefined)
    throw new DataError(
      'the files',
      '',
      `hold no ${CHOICES_FILE}; give the zip of an export, or its folder with the PNG files`,
    );
  if (others.length > 0)
    throw new DataError(only, '', `is not the only one: ${shownText(others[0]!, 80)} too; give one of them`);
  return only;
};

const conditions = new Map(
  Array.from({ length: CONDITIONS }, (_, i) => [inWords(conditionAt(i)), i] as const),
);

/** One line of the file, and the images that it names. */
const choiceOf = (line: string, file: string, place: string, image: (name: string) => Uint8Array): Choice => {
  const fail = (reason: string): never => {
    throw new DataError(file, place, reason);
  };
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(line);
  } catch {
    return fail('is not JSON');
  }
  if (typeof row !== 'object' || row === null) return fail('holds no object');
  const { prompt, chosen, rejected, t } = row;
  if (t !== undefined) fail(`compares states of denoising at t = ${shownValue(t)}, not images`);
  const condition = conditions.get(String(prompt));
  if (condition === undefined)
    return fail(
      `prompt ${shownValue(prompt)} is not drawn here; use one such as "${[...conditions.keys()][0]}"`,
    );
  if (typeof chosen !== 'string' || typeof rejected !== 'string')
    return fail('has to name a PNG file in each of "chosen" and "rejected"');
  const [winner, loser] = [image(chosen), image(rejected)];
  if (winner.every((byte, i) => byte === loser[i]))
    fail(`${shownText(chosen, 60)} and ${shownText(rejected, 60)} are the same image`);
  return { condition, chosen: winner, rejected: loser };
};

/**
 * Choices of a zip, or of JSON lines with the PNG files that they name by their paths from there.
 * @throws DataError naming file, line and what is wrong: nothing is left out
 */
export const readChoices = (given: Files): Choice[] => {
  const files = unpacked(given);
  const file = linesFile(files);
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const read = new Map<string, Uint8Array>();
  const imageAt = (place: string) => (name: string) => {
    const path = `${folder}${name.replace(/^\.\//, '')}`;
    const known = read.get(path);
    if (known) return known;
    const bytes = files.get(path);
    if (!bytes)
      throw new DataError(file, place, `names ${shownText(name, 80)}, which is not among the files`);
    const { width, height, rgb } = pngAt(path, bytes);
    if (width !== SIDE || height !== SIDE)
      throw new DataError(
        path,
        '',
        `is ${width} by ${height} pixels, and images of this world are ${SIDE} by ${SIDE}; draw or scale it to that`,
      );
    read.set(path, rgb);
    return rgb;
  };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(files.get(file));
  } catch {
    throw new DataError(file, '', 'is not UTF-8; save it as that');
  }
  const lines = text.split(/\r?\n/);
  const choices = lines.flatMap((line, i) =>
    line.trim() === '' ? [] : [choiceOf(line, file, `line ${i + 1}`, imageAt(`line ${i + 1}`))],
  );
  if (choices.length < LEAST_CHOICES || choices.length > MOST_CHOICES)
    throw new DataError(
      file,
      '',
      `holds ${choices.length} choices; between ${LEAST_CHOICES} and ${MOST_CHOICES} can be learned from`,
    );
  return choices;
};

const pngAt = (path: string, bytes: Uint8Array) => {
  try {
    return readPng(bytes);
  } catch (error) {
    if (error instanceof PngError) throw new DataError(path, '', error.message, { cause: error });
    throw error;
  }
};

/** Pixels as the network sees them. */
const toImage = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, (byte) => byte / 127.5 - 1);

/** Choices as trees: the chosen image has the score 1, the other 0. */
export const treesOfChoices = (choices: readonly Choice[]): PreferenceTree[] =>
  choices.map(({ condition, chosen, rejected }, i) => ({
    id: `choice/${i}`,
    nodes: [
      askedFor(conditionAt(condition)),
      stateAt(IMAGE, toImage(chosen)),
      stateAt(IMAGE, toImage(rejected)),
    ],
    responses: [
      { leaf: 1, score: 1 },
      { leaf: 2, score: 0 },
    ],
    comparisons: [{ chosen: 0, rejected: 1 }],
  }));

/** The name that choices are kept under: that of what they say. */
export const nameOfChoices = async (choices: readonly Choice[]): Promise<string> => {
  const parts = choices.flatMap(({ condition, chosen, rejected }) => [
    Uint8Array.of(condition),
    chosen,
    rejected,
  ]);
  return `choices-${(await sha256Hex(parts)).slice(0, 20)}`;
};
