import { tf } from '../../../src/tf';

/** tf.tidy for functions that return something other than tensors. */
export const tidily = <T>(f: () => T): T => {
  let result: T | undefined;
  tf.tidy(() => {
    result = f();
  });
  return result as T;
};
