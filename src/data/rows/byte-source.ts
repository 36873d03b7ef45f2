import { joinBytes } from '../../util/join-bytes';
import { DataError } from '../data-error';
import { inBytes } from './limits';

/** A file as a page or a program holds it. */
export interface DataFile {
  name: string;
  bytes: Uint8Array | Blob;
}

/** Bytes that can be read from the beginning any number of times. */
export interface ByteSource {
  name: string;
  /** Undefined behind a decompressor. */
  size: number | undefined;
  chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** Bytes of which any part can be read. */
export interface RandomBytes {
  name: string;
  size: number;
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

const CHUNK = 256 * 1024;

export const randomBytes = ({ name, bytes }: DataFile): RandomBytes => {
  if (!(bytes instanceof Uint8Array)) {
    return {
      name,
      size: bytes.size,
      slice: async (start, end) => {
        try {
          return new Uint8Array(await bytes.slice(start, end).arrayBuffer());
        } catch (error) {
          throw new DataError(name, `byte ${start}`, 'the file can no longer be read; choose it again', {
            cause: error,
          });
        }
      },
    };
  }
  return {
    name,
    size: bytes.length,
    slice: async (start, end) => new Uint8Array(bytes.subarray(start, end)),
  };
};

export const byteSource = (file: DataFile): ByteSource => {
  const random = randomBytes(file);
  return {
    name: random.name,
    size: random.size,
    async *chunks() {
      for (let at = 0; at < random.size; at += CHUNK) {
        yield await random.slice(at, Math.min(random.size, at + CHUNK));
      }
    },
  };
};

/** The first bytes, `length` at most. */
export const firstBytes = async (source: ByteSource, length: number): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of source.chunks()) {
    const part = chunk.subarray(0, length - have);
    parts.push(part);
    have += part.length;
    if (have >= length) break;
  }
  return joinBytes(parts);
};

/** @throws DataError when there are more than `limit` bytes; `what` says in the message why they are needed at once */
export const allBytes = async (
  source: ByteSource,
  limit: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of source.chunks()) {
    have += chunk.length;
    if (have > limit) throw new DataError(source.name, '', `is larger than ${inBytes(limit)}. ${what}`);
    parts.push(chunk);
  }
  return joinBytes(parts);
};
