import type { Fail } from './error';
import { tensorPlace } from './error';
import { walkHeader } from './walk';

export type Scalar = string | number | bigint | boolean;
export type Metadata = ReadonlyMap<string, Scalar | readonly Scalar[]>;

/** One entry of the table of tensors, as the file has it. */
export interface TensorInfo {
  name: string;
  /** Slowest first, as everywhere here; the file has them in reverse. */
  shape: number[];
  /** GGML's number of the element type, and its name where it has one. */
  typeId: number;
  typeName: string;
  /** First byte, counted from the beginning of the data. */
  offset: number;
}

export interface Header {
  version: number;
  metadata: Metadata;
  tensors: TensorInfo[];
  /** First byte behind the header, before alignment. */
  end: number;
}

const CHUNK = 2_000_000; // what the parser asks for at a time

/** Answers the parser's requests for ranges from memory; nothing goes over the network. */
const servingFrom =
  (bytes: Uint8Array): typeof fetch =>
  async (_address, init) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '');
    const [start, end] = [Number(range?.[1] ?? 0), Number(range?.[2] ?? CHUNK - 1) + 1];
    return new Response(new Uint8Array(bytes.subarray(start, Math.min(end, bytes.length))));
  };

/** As a number where it is exact. */
const narrow = (value: unknown): Scalar =>
  typeof value === 'bigint' && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
    ? Number(value)
    : (value as Scalar);

const whole = (value: bigint, what: string, name: string, fail: Fail): number => {
  const result = Number(value);
  if (!Number.isSafeInteger(result)) fail(tensorPlace(name), `${what} is ${value}, beyond any file`);
  return result;
};

/**
 * Metadata and the table of tensors, parsed by @huggingface/gguf from memory after every length has been checked.
 * @throws GgufError through `fail`
 */
export const readHeader = async (bytes: Uint8Array, fail: Fail): Promise<Header> => {
  const walked = walkHeader(bytes, fail);
  const { gguf, GGMLQuantizationType } = await import('@huggingface/gguf');
  // Under Node the parser takes web addresses only; this one is reserved for never existing.
  const parsed = await gguf('https://memory.invalid/model.gguf', { fetch: servingFrom(bytes) }).catch(
    (error: Error) => fail(undefined, `the header cannot be parsed: ${error.message}`),
  );
  const metadata = new Map<string, Scalar | readonly Scalar[]>();
  for (const [key, value] of Object.entries(parsed.metadata as Record<string, unknown>)) {
    metadata.set(key, Array.isArray(value) ? value.map(narrow) : narrow(value));
  }
  for (const key of ['version', 'tensor_count', 'kv_count']) metadata.delete(key);
  // The parser cuts off a text that crosses the end of what it has, and notices unless it is the last of its list.
  for (const { key, index, start, end } of walked.lastTexts) {
    if (Math.floor(start / CHUNK) === Math.floor((end - 1) / CHUNK)) continue;
    (metadata.get(key) as Scalar[])[index] = new TextDecoder().decode(bytes.subarray(start, end));
  }
  if (
    parsed.tensorInfos.length !== walked.tensorCount ||
    metadata.size !== walked.keyCount ||
    parsed.tensorInfoByteRange[1] !== walked.end
  ) {
    fail(undefined, 'the header reads differently the second time');
  }
  const names: Record<number, string | undefined> = GGMLQuantizationType;
  const tensors = parsed.tensorInfos.map(({ name, shape, dtype, offset }) => ({
    name,
    shape: shape.map((n) => whole(n, 'a dimension', name, fail)).reverse(),
    typeId: dtype,
    typeName: names[dtype] ?? `type ${dtype}`,
    offset: whole(offset, 'its offset', name, fail),
  }));
  return { version: walked.version, metadata, tensors, end: walked.end };
};
