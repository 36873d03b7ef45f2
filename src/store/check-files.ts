import { StoreError } from './errors';
import type { FileSetInfo } from './files';

/** A place of the file in its list. @throws StoreError when the set has no such file */
export const fileIndex = (info: FileSetInfo, name: string): number => {
  const index = info.files.findIndex((file) => file.name === name);
  if (index < 0) throw new StoreError(`${info.label} has no file "${name}".`);
  return index;
};

/** @throws StoreError when names repeat or a size is not a size */
export const checkFiles = ({ label, files }: FileSetInfo) => {
  const names = new Set<string>();
  for (const { name, bytes } of files) {
    if (name === '' || names.has(name))
      throw new StoreError(`${label} names the file "${name}" twice or not.`);
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new StoreError(`${label}: ${name} cannot have ${bytes} bytes.`);
    }
    names.add(name);
  }
};

/** @throws StoreError when `length` bytes at `offset` do not follow the `have` bytes that are there */
export const checkNext = (info: FileSetInfo, index: number, have: number, offset: number, length: number) => {
  const { name, bytes } = info.files[index]!;
  if (offset !== have) {
    throw new StoreError(
      `${info.label}: ${name} has ${have} bytes so far; ${offset} is not where it goes on.`,
    );
  }
  if (have + length > bytes) {
    throw new StoreError(`${info.label}: more than the ${bytes} bytes that ${name} should have.`);
  }
};

/** @throws StoreError for the first file that is not whole */
export const checkWhole = (info: FileSetInfo, have: (index: number) => number) => {
  info.files.forEach(({ name, bytes }, i) => {
    if (have(i) !== bytes) {
      throw new StoreError(`${info.label} is not whole: ${name} has ${have(i)} of ${bytes} bytes.`);
    }
  });
};

/** A zeroed array. @throws StoreError when the machine has no room for it */
export const allocate = (bytes: number, name: string): Uint8Array<ArrayBuffer> => {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    throw new StoreError(
      `${name} (${(bytes / 1e6).toFixed(0)} MB) does not fit into this page's memory; close other pages or choose a smaller file.`,
      { cause: error },
    );
  }
};
