import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataFile } from '../../../src/data/rows/byte-source';
import { openRows } from '../../../src/data/rows/open-rows';
import type { Row } from '../../../src/data/rows/row-source';

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

export const gzip = async (bytes: Uint8Array): Promise<Uint8Array> => {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};
