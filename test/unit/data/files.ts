import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { DataError } from '../../../src/data/data-error';
import type { DataFile } from '../../../src/data/rows/byte-source';
import { openRows } from '../../../src/data/rows/open-rows';
import type { GoodRow, Row } from '../../../src/data/rows/row-source';

export const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../golden/data/${name}`, import.meta.url))));

export const goldenJson = (name: string): unknown => JSON.parse(new TextDecoder().decode(golden(name)));

export const textFile = (name: string, text: string): DataFile => ({
  name,
  bytes: new TextEncoder().encode(text),
});

export const collect = async (rows: AsyncIterable<Row>): Promise<Row[]> => {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
};

export const readFile = async (file: DataFile): Promise<Row[]> => collect((await openRows(file)).rows());

/** The rows of a text, all of them good. */
export const values = async (name: string, text: string) =>
  (await readFile(textFile(name, text))).map((row) => (row as GoodRow).value);

/** The error of a file that cannot be read; it names the file. */
export const failure = async (name: string, content: string | Uint8Array): Promise<DataError> => {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    await readFile({ name, bytes });
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toContain(name);
    return error as DataError;
  }
  throw new Error(`${name} was read`);
};

export const gzip = async (bytes: Uint8Array): Promise<Uint8Array> => {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};
