import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { addressFields, contract, driverCalls, pageContract, phaseTable } from '../../../src/ui/contract';

const readme = readFileSync('README.md', 'utf8');
const plain = (text: string) =>
  text
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();

it('the page about it and the README promise the same to whoever drives it', () => {
  for (const [name, what] of [...contract, ...addressFields, ...phaseTable, ...driverCalls]) {
    const row = readme
      .split('\n')
      .find((line) => line.startsWith('|') && plain(line.split('|')[1] ?? '') === name);
    expect(row, name).toBeDefined();
    expect(plain(row!.split('|')[2]!)).toBe(what);
  }
});

it('and of every other page', () => {
  for (const [address, ids, what] of pageContract) {
    const cells = readme
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').slice(1, -1).map(plain));
    expect(cells, address).toContainEqual([address, ids, what]);
  }
});
