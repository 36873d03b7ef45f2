import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arithmeticCharacters, charTokenizer } from './char-tokenizer';

/** As many as the stored model has tokens, with the three special ones. */
export const folderCharacters = [
  ...new Set([...arithmeticCharacters, ...'abcdefghijklmnopqrstuvwxyzDEFGHIJKLM']),
].slice(0, 61);

/**
 * Writes a model of a few thousand weights in Hugging Face's layout: the base that TRL's numbers were made with, and a
 * tokenizer of one token per character.
 */
export const writeTinyFolder = (folder: string) => {
  mkdirSync(folder, { recursive: true });
  for (const name of ['config.json', 'model.safetensors']) {
    cpSync(join('test/golden/trl/base', name), join(folder, name));
  }
  const { tokenizerJson, tokenizerConfig } = charTokenizer(folderCharacters);
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
};

/** Sums with a right and a wrong answer, one line of JSON each. */
export const sumPairs = (count: number): string[] =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      prompt: `${i}+${i}=`,
      chosen: `${2 * i}\nA: ${2 * i}`,
      rejected: `${2 * i + 1}\nA: ${2 * i + 1}`,
    }),
  );
