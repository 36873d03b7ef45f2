import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { contract, driverCalls, phaseTable } from '../../../src/ui/contract';

const readme = readFileSync('README.md', 'utf8');
const plain = (text: string) =>
  text
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();

it('the page about it and the README promise the same to whoever drives it', () => {
  for (const [name, what] of [...contract, ...phaseTable, ...driverCalls]) {
    const row = readme
      .split('\n')
      .find((line) => line.startsWith('|') && plain(line.split('|')[1] ?? '') === name);
    expect(row, name).toBeDefined();
    expect(plain(row!.split('|')[2]!)).toBe(what);
  }
});
