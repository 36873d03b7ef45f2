import { describe, expect, it } from 'vitest';
import { openRows } from '../../../src/data/rows/open-rows';
import { readFile, textFile, values } from './files';

describe('line ends of CSV', () => {
  it.each([
    ['rows that end in CRLF under a header that ends in LF', 'p,c\nx,y\r\nz,w\r\n'],
    ['lone CRs', 'p,c\rx,y\rz,w'],
    ['each row its own', 'p,c\r\nx,y\nz,w\r'],
    ['quotes everywhere', '"p","c"\n"x","y"\r\n"z","w"\r'],
    ['blank and empty rows between', 'p,c\r\r\n\nx,y\r\n,\n" ",\r\nz,w'],
  ])('end a row outside quotes: %s', async (_, text) => {
    expect(await values('a.csv', text)).toEqual([
      { p: 'x', c: 'y' },
      { p: 'z', c: 'w' },
    ]);
  });

  it('stay as they are inside quotes, also in the header, and are counted', async () => {
    const text = '"p\nq",c\r\n"one\rtwo\r\nthree ""\r"" four","\n"\r\nz,w\r\n';
    expect(await readFile(textFile('a.csv', text))).toEqual([
      { where: 'a.csv, row 1 (line 3)', value: { 'p\nq': 'one\rtwo\r\nthree "\r" four', c: '\n' } },
      { where: 'a.csv, row 2 (line 8)', value: { 'p\nq': 'z', c: 'w' } },
    ]);
  });

  it('do the same across chunks', async () => {
    const ends = ['\r\n', '\n', '\r'];
    const inside = (i: number) => `é${ends[(i + 1) % 3]}"`;
    const rows = Array.from(
      { length: 60000 },
      (_, i) => `${i},"${inside(i).replace('"', '""')}",x${ends[i % 3]}`,
    );
    const all = await values('a.csv', `n,t,u\r${rows.join('')}`);
    expect(all.length).toBe(60000);
    const wrong = all.find((row, i) => row['n'] !== String(i) || row['t'] !== inside(i) || row['u'] !== 'x');
    expect(wrong).toBeUndefined();
  });
});

it('leaves columns without a name out where they are empty, and gives them one where they are not', async () => {
  const { columns, head } = await openRows(
    textFile('a.csv', ',a,b,, \n,1,2,,\n,3,4\n,5,6,,,,\n9,7,8,,\n,1,2,,,x\n'),
  );
  expect(head.map(({ value }) => value)).toEqual([
    { a: '1', b: '2' },
    { a: '5', b: '6' },
    { 'column 1': '9', a: '7', b: '8' },
  ]);
  expect(columns).toEqual(['a', 'b', 'column 1']);
  expect(await values('a.csv', ',column 1\n1,2\n')).toEqual([{ 'column 1_': '1', 'column 1': '2' }]);
});
